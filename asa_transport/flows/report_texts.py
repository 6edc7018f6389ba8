"""Turn a report into the text of a format that programs read; the table for people is the command line's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from asa_transport.core.reports.formats import FORMATS, Renderer, Supplies
from asa_transport.core.reports.report import Report
from asa_transport.edges import templates
from asa_transport.edges.state.run_folder import answer_file

_SUPPLIES: Final = Supplies(templates=templates.jinja, answer_file=answer_file)


def parts(renderer: Renderer, report: Report) -> Iterable[str]:
    """Give the text in parts: of ten thousand devices it is larger than all that is known of them.

    Raises:
        ValueError: The outcomes are not exactly those of the devices; before the first part.
    """
    return renderer(report, _SUPPLIES)


def _text(renderer: Renderer, report: Report) -> str:
    return "".join(parts(renderer, report))


# By the name that a person types; each raises as `parts`.
TEXTS: Final[Mapping[str, Callable[[Report], str]]] = {
    str(name): partial(_text, row.renderer) for name, row in FORMATS.items() if row.renderer is not None
}
