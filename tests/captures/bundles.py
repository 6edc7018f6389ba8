"""The captures of this folder; `python -m tests.captures.bundles` writes their judgement anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from asa_transport.core.captures.redact import Answers
from asa_transport.core.documents.capture import CaptureManifest
from asa_transport.flows.captures import judged_again, manifest_text, opened

HERE: Final = Path(__file__).parent
FOLDERS: Final = tuple(sorted(path.parent for path in HERE.glob("*/manifest.json")))


def each() -> Iterator[tuple[Path, CaptureManifest, Answers]]:
    """Yield each capture with what it holds."""
    for folder in FOLDERS:
        manifest, answers = opened(folder)
        yield folder, manifest, answers


def write() -> None:
    """Write each judgement as this release makes it; of the answers nothing changes."""
    for folder, manifest, answers in each():
        found = judged_again(manifest, answers)
        devices = tuple(replace(one, judged=found[one.name]) for one in manifest.devices)
        (folder / "manifest.json").write_text(
            manifest_text(replace(manifest, devices=devices)), encoding="utf-8"
        )


if __name__ == "__main__":
    write()
