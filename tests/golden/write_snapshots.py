"""Write the files of `tests/golden/snapshots/` anew: `python -m tests.golden.write_snapshots`."""

from __future__ import annotations

import shutil

from tests.golden.snapshot_texts import FOLDER, snapshots


def _main() -> None:
    made = snapshots()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, data in made.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    _main()
