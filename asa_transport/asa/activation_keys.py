"""Hide activation keys, the four or five hexadecimal words that license an ASA by PAK, and passwords in URLs.

Pure; cannot fail; the same result when applied twice.  A key stands behind its name
(`Running Permanent Activation Key: 0x… 0x…`), on a line of its own below `Active Timebased
Activation Key:`, or in a configuration (`activation-key 0x… 0x…`).  One hexadecimal number
(`revision 0x11`, `Configuration register is 0x1`) is no key.

Source: recorded answers to `show version` (ntc-templates, genieparser, among them one of 8.4).
"""

from __future__ import annotations

import re
from typing import Final

HIDDEN_KEY: Final = "0x***"

# Leading zeros are left out, so a word may be short; blanks between words are one or a few.
_KEY: Final = re.compile(r"0x[0-9a-f]{1,8}(?:[ \t,]{1,4}0x[0-9a-f]{1,8}){3,}", re.IGNORECASE)


# A name and a password in front of a server, of a URL or of a proxy.
_USER: Final = re.compile(r"((?:https?://|\bproxy ))[^\s/?#@]{1,200}@", re.IGNORECASE)


def without_users(text: str) -> str:
    """Return the text with what stands in front of a server hidden; that there was something shows."""
    return _USER.sub(r"\1***@", text) if "@" in text else text


def without_keys(text: str) -> str:
    """Return the text with every activation key in it hidden."""
    return _KEY.sub(HIDDEN_KEY, text) if "0x" in text or "0X" in text else text
