"""Each recipe of CONTRIBUTING.md is followed with a fake: it works, and touches the files that are said."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.recipes import fakes
from tests.recipes.checkout import PAGE, Checkout, Recipe, section, steps
from tests.support import ROOT

RECIPES = {
    "A rule": fakes.RULE,
    "A collected command": fakes.COMMAND,
    "A key of the policy": fakes.POLICY_KEY,
    "A key of the inventory": fakes.INVENTORY_KEY,
    "A report format": fakes.FORMAT,
    "An inventory source": fakes.SOURCE,
    "An SSH backend": fakes.BACKEND,
    "A catalogued bug": fakes.BUG,
    "A capture of a real firewall": fakes.CAPTURE,
}


# What stands for a name of one's own in the path of a step.
_NAME = re.compile(r"\b[A-Z]{4,}(?=[./_]|$)|(?<=_)[A-Z]{4,}(?=[./_]|$)")


def step_of(path: str, said: Sequence[str]) -> str | None:
    """Return the step that a path belongs to: its own, or else one that leaves a name open."""
    if path in said:
        return path
    return next((step for step in said if fnmatch.fnmatchcase(path, _NAME.sub("*", step))), None)


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_touches_the_files_that_it_says_and_no_other(title: str) -> None:
    """Whoever follows it knows when it is done; a file more is a file that is forgotten."""
    recipe, text = RECIPES[title], section(title)

    said = steps(text)

    (count,) = re.findall(r"^\*\*(\d+) files?\*\*", text, flags=re.MULTILINE)
    assert len(said) == int(count)
    assert sorted(str(step_of(path, said)) for path in recipe.touched) == sorted(said)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_what_a_recipe_adds_works(recipe: Recipe, tmp_path: Path) -> None:
    """In a copy of the checkout, by the program and by its own tests."""
    checkout = Checkout.copied(tmp_path)

    checkout.follow(recipe)

    recipe.proof(checkout)


def test_every_recipe_of_the_page_is_followed() -> None:
    """A recipe that nobody follows is right by chance."""
    part = PAGE.read_text(encoding="utf-8").partition("\n## Recipes\n")[2].partition("\n## ")[0]

    assert re.findall(r"^### (.+)$", part, flags=re.MULTILINE) == list(RECIPES)


def test_every_target_of_make_that_the_page_names_is_there() -> None:
    """`make demo` and `make test` are run by CI; of the others at least the name is right."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    there = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))

    named = re.findall(
        r"`make ([a-z ]+)`|^\$ make ([a-z ]+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )

    words = {word for pair in named for word in " ".join(pair).split()}
    assert {"demo", "test", "pages", "snapshots"} <= words
    assert words - there == set()
