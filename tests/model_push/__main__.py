"""`make model`: look at every state of the model, with more that may happen than the tests have time for."""

from __future__ import annotations

import sys
import time
from typing import Final

from tests.model_push.checker import check
from tests.model_push.state import Budget

# By what it is about: how often each thing may happen, and how many operators there are.
DEEP: Final = {
    "colleagues, cuts and crashes": (Budget(acts=2, cuts=2, crashes=1, noise=0, resumes=1), 1),
    "crashes and their resumes": (Budget(acts=1, cuts=1, crashes=2, noise=0, resumes=2), 1),
    "a firewall that objects, lies and reloads": (
        Budget(acts=1, cuts=1, crashes=1, noise=1, reloads=1, strays=1, strangers=1, resumes=1),
        1,
    ),
    "two operators": (Budget(acts=0, cuts=0, crashes=1, noise=0, locks=1, resumes=1), 2),
}
_MOST: Final = 60


def main() -> int:
    """Print what was found; 1 where something is wrong."""
    wrong = 0
    for about, (budget, operators) in DEEP.items():
        began = time.monotonic()
        found = check(budget, operators=operators, most=_MOST)
        print(f"{about}: {found} ({time.monotonic() - began:.0f} s)", flush=True)
        for move in found.way:
            print(f"  {move}")
        wrong += bool(found.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
