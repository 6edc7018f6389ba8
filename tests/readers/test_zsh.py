"""zsh: what a TAB makes of a line, from the first one of a new shell on."""

from __future__ import annotations

from pathlib import Path

from tests.readers.shells import BECOMES, asked_from, furnished, interactive


def test_zsh_completes_all_that_the_program_knows(tmp_path: Path) -> None:
    """The file is loaded at the first TAB, and that one was lost; a value behind `=` never came."""
    environment = furnished(tmp_path)

    said = asked_from("zsh", "--install-completion", tmp_path, environment)
    (tmp_path / ".zshrc").open("a").write("PS1='ready> '\n")
    with interactive(["zsh", "-d", "-i"], tmp_path, environment) as shell:
        assert shell.shows("ready> ")
        wrong = [typed for typed, becomes in BECOMES.items() if not shell.completes(typed, becomes)]

    assert said.startswith("zsh completion installed in ")
    assert wrong == []


def test_zsh_is_shown_the_script_that_is_installed(tmp_path: Path) -> None:
    """For all users it is put in a folder of the system (docs/install.md)."""
    environment = furnished(tmp_path)

    shown = asked_from("zsh", "--show-completion", tmp_path, environment)
    asked_from("zsh", "--install-completion", tmp_path, environment)

    assert shown.strip() == (tmp_path / ".zfunc" / "_asa-transport").read_text().strip()
