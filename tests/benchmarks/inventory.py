"""How long `inventory check` and `inventory show` take: `python -m tests.benchmarks.inventory [DEVICES...]`.

`check` reads and checks; `planted` is the same with fifty mistakes in the file, all of which it tells.
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
    """Return an inventory of so many devices, each in a site that is in a city that is in a region."""
    head = "defaults: {username: u, credential: c, known_hosts: k}\ncredentials: {c: {password: {env: X}}}\n"
    groups = "".join(
        (
            *(f"  region-{n}: {{region: r{n}, jump: bastion-{n}}}\n" for n in range(6)),
            *(f"  city-{n}: {{groups: [region-{n % 6}], region: c{n}}}\n" for n in range(60)),
            *(f"  site-{n}: {{groups: [city-{n % 60}], tags: [s{n}]}}\n" for n in range(600)),
        )
    )
    rows = "".join(
        f"  fw-{n:05}: {{host: fw-{n:05}.example.net, groups: [site-{n % 600}], tags: [prod]}}\n"
        for n in range(devices)
    )
    return f"{head}groups:\n{groups}devices:\n{rows}"


def with_mistakes(text: str) -> str:
    """Return the text with fifty mistakes, as far as it has devices for them."""
    return text.replace(", tags: [prod]", ", tasg: [prod]", 50)


def main() -> None:
    """Print a row for each size."""
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 3_000, 10_000]
    print(f"load {os.getloadavg()[0]:.1f}; seconds, the least of {_RUNS}")
    print(f"{'devices':>8}  {'command':12}  {'CPU':>6}  {'wall':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            file = Path(folder) / f"{size}.yaml"
            file.write_text(inventory_text(size), encoding="utf-8")
            wrong = Path(folder) / f"{size}-wrong.yaml"
            wrong.write_text(with_mistakes(inventory_text(size)), encoding="utf-8")
            for label, words in (
                ("check", ["check", "-i", str(file)]),
                ("planted", ["check", "-i", str(wrong)]),
                ("show", ["show", "-i", str(file)]),
                ("show as json", ["show", "-i", str(file), "--format", "json"]),
            ):
                argv = [sys.executable, "-c", _START, "inventory", *words]
                exit_code = 2 if label == "planted" else 0
                pairs = [took(argv, os.environ, folder, exit_code=exit_code) for _ in range(_RUNS)]
                wall, cpu = (min(column) for column in zip(*pairs, strict=True))
                print(f"{size:8,}  {label:12}  {cpu:6.2f}  {wall:6.2f}")


if __name__ == "__main__":
    main()
