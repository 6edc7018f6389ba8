"""Find and read the template files: TextFSM for parsing, Jinja2 for rendering.

Looks in the user's own directory first, then inside the package (where a wheel
carries them), then beside the package if that is a checkout.  Reads text only;
compiling and rendering belong to the core.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from asa_transport.errors import TemplateError, in_words
from asa_transport.files.regular_file import read_plain

# Ours have some ten KiB.
_LARGEST: Final = 16 * 1024 * 1024
_PACKAGE = Path(__file__).resolve().parents[1]


def textfsm(own: Path | None = None) -> Mapping[str, str]:
    """Return template text by file stem, e.g. ``cisco_asa_show_version``.

    Args:
        own: The user's directory; a file there wins over ours of the same name.

    Raises:
        TemplateError: No template was found, or one cannot be read.
    """
    return _read("textfsm_templates", "*.textfsm", own)


def jinja(own: Path | None = None) -> Mapping[str, str]:
    """Return template text by file name, e.g. ``change_proxy_set.apply.j2``; errors as `textfsm`."""
    return {f"{stem}.j2": text for stem, text in _read("templates", "*.j2", own).items()}


def _read(folder: str, pattern: str, own: Path | None) -> dict[str, str]:
    shipped = _shipped(folder)
    found = _texts(shipped, pattern)
    if not found:
        raise TemplateError(f"no {pattern} in {shipped}; reinstall asa-transport")
    if own is None:
        return found
    brought = _texts(own, pattern)
    if not brought:
        what = f"there is no {pattern} in it" if own.is_dir() else "there is no such directory"
        raise TemplateError(f"{what}; give the directory of your templates")
    return {**found, **brought}


def _texts(directory: Path, pattern: str) -> dict[str, str]:
    """Return the texts of a directory by file stem; nothing where ours is missing."""
    try:
        paths = sorted(path for path in directory.iterdir() if path.match(pattern))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise TemplateError(f"cannot be read: {in_words(error)}") from error
    found: dict[str, str] = {}
    for path in paths:
        try:
            found[path.stem] = read_plain(path, _LARGEST).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TemplateError(f"{path}: cannot be read as UTF-8 text: {in_words(error)}") from error
    return found


def _shipped(folder: str) -> Path:
    """Return the directory inside the package, or beside it in a checkout and nowhere else."""
    inside = _PACKAGE / folder
    beside = _PACKAGE.parent / folder
    if not inside.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    return inside
