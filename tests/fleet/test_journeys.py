"""The walks of docs/architecture.md: which modules a value enters while the program runs."""

from __future__ import annotations

import pytest

from tests import journeys

# A newcomer who follows an argument through more rooms than these has lost it.
MOST_MODULES = 14


@pytest.mark.parametrize("name", journeys.WALKS)
def test_the_page_shows_the_modules_that_a_value_enters(name: str) -> None:
    """A map of a house that was rebuilt sends people to the wrong room."""
    walk = journeys.WALKS[name]()

    shown = journeys.in_page(name, journeys.PAGE.read_text(encoding="utf-8"))
    assert shown == "```text\n" + journeys.listed(walk) + "```\n", "write it anew: python -m tests.journeys"


def test_the_inventory_of_an_audit_enters_few_modules_and_never_climbs_back() -> None:
    """What is read once and handed down is what a newcomer can follow."""
    walk = journeys.inventory()

    assert len(walk.modules) <= MOST_MODULES, walk.modules
    assert walk.climbs() == []
