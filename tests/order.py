"""In which order several workers run the tests.

`--dist worksteal` gives each worker a slice of what was collected, as many tests as every other; one that
has run its own takes half of another's rest, from the end.  As collected, one worker would have nearly all
that talk SSH, a module that is taken apart would set its fleet up again in each worker, and what takes
longest might begin last.  So each slice begins with its share of the long ones, module by module, longest
first, and ends with short tests, which are what others take.

Nothing here says which tests are run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# Seconds of the modules and single tests that take long, on an idle machine, with what they wait for.  A
# number that is no longer right costs time only.
SECONDS: Final = {
    "tests/fleet/test_benchmarks.py": 60,
    "tests/faults/test_push_property.py": 28,
    "tests/fleet/test_docs.py::test_every_command_of_a_page_runs[README.md]": 17,
    "tests/fleet/test_docs.py::test_every_command_of_a_page_runs[install.md]": 25,
    "tests/fleet/test_docs.py::test_every_command_of_a_page_runs[outage.md]": 13,
    "tests/fleet/test_library.py::test_the_examples_pass_a_strict_type_checker_from_outside": 15,
    "tests/fleet/test_nights.py": 20,
    "tests/fleet/test_push_commit.py::test_thirty_devices_are_applied_verified_by_contact_and_saved": 25,
    "tests/fleet/test_push_resume_colleague.py": 25,
    "tests/fleet/test_round_trip.py": 20,
    "tests/recipes/test_recipes.py::test_what_a_recipe_adds_works[A catalogued bug]": 9,
    "tests/recipes/test_recipes.py::test_what_a_recipe_adds_works[A collected command]": 12,
    "tests/recipes/test_recipes.py::test_what_a_recipe_adds_works[A report format]": 9,
    "tests/recipes/test_recipes.py::test_what_a_recipe_adds_works[A rule]": 11,
}
# What a test of any other module takes, by the directory; the others are short.
_EACH: Final = {"tests/faults/": 0.3, "tests/fleet/": 0.3, "tests/nightly/": 0.1, "tests/recipes/": 0.1}


def dealt(tests: Sequence[str], workers: int) -> list[int]:
    """Return the places of all these tests, by id and as they were collected, in the order for so many."""
    units: dict[str, list[int]] = {}
    for place, test in enumerate(tests):
        units.setdefault(test if test in SECONDS else test.partition("::")[0], []).append(place)
    seconds = {unit: _seconds(unit, len(places)) for unit, places in units.items()}
    hands: list[list[int]] = [[] for _ in range(workers)]
    loads = [0.0] * workers
    for unit in sorted(filter(seconds.get, units), key=lambda unit: -seconds[unit]):
        least = loads.index(min(loads))
        loads[least] += seconds[unit]
        hands[least] += units[unit]
    short = [place for unit, places in units.items() if not seconds[unit] for place in places]
    order: list[int] = []
    for number, hand in enumerate(hands):
        # As the scheduler cuts them.
        size = (len(tests) - len(order)) // (workers - number)
        filling = max(0, size - len(hand))
        order += [*hand, *short[:filling]]
        del short[:filling]
    return order


def _seconds(unit: str, count: int) -> float:
    if unit in SECONDS:
        return SECONDS[unit]
    return next((count * each for start, each in _EACH.items() if unit.startswith(start)), 0)
