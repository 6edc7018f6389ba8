"""Try a file of trusted certificates before a run depends on it."""

from __future__ import annotations

import ssl
from pathlib import Path

from asa_transport.errors import UserError


def check(what: str, ca_file: Path | None) -> None:
    """Raise UserError where the file cannot be used; `None` is the system's own store."""
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        # An SSLError has no `strerror` that says what is wrong with a file.
        seen = "no certificates (PEM) in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise UserError(f"{what}: ca_file: {ca_file}: {seen}") from None
