"""Where an audit of a device ends; in a file of its own, because every error of a device names one."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """Where an audit of one device ended."""

    JUMP = "jump"
    CONNECT = "connect"
    HOST_KEY = "host-key"
    AUTHENTICATE = "authenticate"
    ENABLE = "enable"
    COLLECT = "collect"
    PARSE = "parse"
