"""What `make arch` prints of a house that is made up: floors, climbing imports, circles, lines of code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.arch import ROOT, House, graph_lines, house_of, main, size_lines
from tools.imports import code_lines, modules_of


def house(root: Path, **files: str) -> House:
    """A package `house` of these files; `__` in a name is a folder."""
    for name, text in files.items():
        path = root / "house" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return house_of("house", modules_of(root, "house"))


def test_a_room_stands_above_all_that_it_imports(tmp_path: Path) -> None:
    """The floors are what a newcomer reads first."""
    measured = house(
        tmp_path,
        cli__main="from house.core import judge\n",
        core__judge="from house.core.parse import read\nfrom house.model import Fact\n",
        core__parse="import house.model\n",
        model="",
    )

    floors = [(room.floor, room.name, room.modules, room.deep) for room in measured.rooms]
    assert floors == [(3, "cli", 1, 1), (2, "core", 2, 2), (1, "model", 1, 1)]
    assert (measured.climbing, measured.circles, measured.imports) == ((), (), 4)


def test_a_circle_of_modules_is_found_with_what_makes_it(tmp_path: Path) -> None:
    """Behind TYPE_CHECKING or in a function it is a circle too."""
    measured = house(
        tmp_path,
        core__a="from house.core import b\n",
        core__b="def late() -> None:\n    from house.core.c import C\n",
        core__c="if TYPE_CHECKING:\n    from house.core.a import A\n",
        core__d="from house.core import a\n",
    )

    (circle,) = measured.circles
    a, b, c = (f"house.core.{name}" for name in "abc")
    assert circle == ((a, b), (b, c), (c, a))
    assert measured.climbing == ()
    assert "circle 1: 3 modules" in "\n".join(graph_lines(measured))


def test_an_import_that_runs_back_up_is_found_where_no_module_is_in_a_circle(tmp_path: Path) -> None:
    """Two rooms that need each other are one room in two places."""
    measured = house(
        tmp_path,
        cli__main="from house.core import judge, text\n",
        cli__words="",
        core__judge="from house.cli import words\n",
        core__text="",
    )

    assert measured.climbing == (("house.core.judge", "house.cli.words"),)
    assert measured.circles == ()
    assert [room.name for room in measured.rooms] == ["cli", "core"]


def test_a_folder_and_a_folder_inside_it_are_one_room_to_each_other(tmp_path: Path) -> None:
    """What chooses among the parts of a room stands above them, what they share below: both at its door."""
    measured = house(
        tmp_path,
        core__formats="from house.core.html.page import page\n",
        core__html__page="from house.core.report import Report\n",
        core__report="",
    )

    assert (measured.climbing, measured.circles) == ((), ())


def test_lines_of_code_are_neither_blank_nor_comments_nor_docstrings() -> None:
    """A well explained module is not a long one."""
    text = 'TEXT = """a\n\nb"""\n'
    function = 'def f() -> int:\n    """Do."""\n    return 1  # so\n'
    source = f'"""One.\n\nTwo.\n"""\n\n# why\n{text}\n\n{function}'

    assert code_lines(source) == 5


def test_the_lines_of_rooms_add_up(tmp_path: Path) -> None:
    """They are compared from one month to the next."""
    measured = house(tmp_path, a="X = 1\n\nY = 2\n", core__b="X = 1\n", core__c='"""Nothing."""\n')

    rows = [line.split() for line in size_lines(measured)]

    assert rows[1:] == [["a", "1", "2", "3"], ["core", "2", "1", "2"], ["together", "3", "3", "5"]]


def test_a_circle_is_an_exit_code_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So `make arch` stops; and no line is wider than a terminal."""
    for package in ("asa_transport", "mock_devices"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "a.py").write_text("X = 1\n")

    assert main([str(tmp_path)]) == 0
    (tmp_path / "mock_devices" / "a.py").write_text("import mock_devices.b\n")
    (tmp_path / "mock_devices" / "b.py").write_text("import mock_devices.a\n")
    assert main([str(tmp_path)]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert "circle 1: 2 modules" in lines
    assert max(map(len, lines)) <= 80


def test_no_import_of_the_core_the_files_and_the_model_runs_back_up() -> None:
    """The contracts name the rooms; this finds a folder that is above and below another at once."""
    climbing = house_of("asa_transport", modules_of(ROOT, "asa_transport")).climbing

    low = ("asa_transport.core.", "asa_transport.files.", "asa_transport.model.", "asa_transport.asa.")
    assert [(one, other) for one, other in climbing if one.startswith(low)] == []
