"""fish: what a TAB makes of a line, and that each line that it is offered is an offer."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.readers.shells import BECOMES, asked_from, furnished, interactive

PROMPT = "function fish_prompt; echo 'ready> '; end; set fish_greeting"


def test_fish_completes_all_that_the_program_knows(tmp_path: Path) -> None:
    """A value behind `=` never came."""
    environment = furnished(tmp_path)

    said = asked_from("fish", "--install-completion", tmp_path, environment)
    with interactive(["fish", "-i", "-C", PROMPT], tmp_path, environment) as shell:
        assert shell.shows("ready> ")
        wrong = [typed for typed, becomes in BECOMES.items() if not shell.completes(typed, becomes)]

    assert said.startswith("fish completion installed in ")
    assert wrong == []


def test_fish_is_offered_options_and_no_half_sentences(tmp_path: Path) -> None:
    """A help that was folded went on as offers of its own."""
    environment = furnished(tmp_path)
    asked_from("fish", "--install-completion", tmp_path, environment)

    shown = subprocess.run(
        ["fish", "-c", "complete -C 'asa-transport audit -'"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True,
    ).stdout.splitlines()  # fmt: skip

    assert [line for line in shown if not line.startswith("-")] == []
    assert next(line for line in shown if line.startswith("--bugs\t")).endswith("with the same id.")


def test_fish_is_shown_the_script_that_is_installed(tmp_path: Path) -> None:
    """For all users it is put in a folder of the system (docs/install.md)."""
    environment = furnished(tmp_path)

    shown = asked_from("fish", "--show-completion", tmp_path, environment)
    asked_from("fish", "--install-completion", tmp_path, environment)

    assert (
        shown.strip()
        == (tmp_path / ".config" / "fish" / "completions" / "asa-transport.fish").read_text().strip()
    )
