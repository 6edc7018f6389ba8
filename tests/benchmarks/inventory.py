"""How long `inventory show` takes: `python -m tests.benchmarks.inventory [DEVICES...]`.

Whole processes, stdout to /dev/null; seconds of CPU and of the clock, the least of five.  On a machine
that does other work too, trust the CPU.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.benchmarks.start import took

_RUNS: Final = 5
_START: Final = "import sys; sys.argv[0] = 'asa-transport'; from asa_transport.cli.main import run; run()"


def inventory_text(devices: int) -> str:
    """Return an inventory of so many devices in six groups."""
    head = "defaults: {username: u, credential: c, known_hosts: k}\ncredentials: {c: {password: {env: X}}}\n"
    groups = "".join(f"  g{n}: {{region: r{n}}}\n" for n in range(6))
    rows = "".join(
        f"  fw-{n:05}: {{host: fw-{n:05}.example.net, groups: [g{n % 6}], tags: [prod]}}\n"
        for n in range(devices)
    )
    return f"{head}groups:\n{groups}devices:\n{rows}"


def main() -> None:
    """Print a row for each size."""
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 3_000, 10_000]
    print(f"load {os.getloadavg()[0]:.1f}; seconds, the least of {_RUNS}")
    print(f"{'devices':>8}  {'form':5}  {'CPU':>6}  {'wall':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            file = Path(folder) / f"{size}.yaml"
            file.write_text(inventory_text(size), encoding="utf-8")
            for form in ("table", "json"):
                argv = [sys.executable, "-c", _START, "inventory", "show", "-i", str(file), "--format", form]
                pairs = [took(argv, os.environ, folder) for _ in range(_RUNS)]
                wall, cpu = (min(column) for column in zip(*pairs, strict=True))
                print(f"{size:8,}  {form:5}  {cpu:6.2f}  {wall:6.2f}")


if __name__ == "__main__":
    main()
