"""Find and read the template files: TextFSM for parsing, Jinja2 for rendering.

Looks in the user's own directory first, then inside the package (where a wheel
carries them), then beside the package if that is a checkout.  Reads text only;
compiling and rendering belong to the core.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from asa_transport.errors import TemplateError, in_words

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
    if own is not None and not own.is_dir():
        raise TemplateError(f"{own}: expected a directory of templates; give one that exists")
    directories = [_shipped(folder), *([own] if own is not None else [])]
    found: dict[str, str] = {}
    for directory in directories:
        for path in sorted(directory.glob(pattern)):
            try:
                found[path.stem] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise TemplateError(f"{path}: cannot be read as UTF-8 text: {in_words(error)}") from error
    if not found:
        raise TemplateError(f"no {pattern} in {', '.join(map(str, directories))}; reinstall asa-transport")
    return found


def _shipped(folder: str) -> Path:
    """Return the directory inside the package, or beside it in a checkout and nowhere else."""
    inside = _PACKAGE / folder
    beside = _PACKAGE.parent / folder
    if not inside.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    return inside
