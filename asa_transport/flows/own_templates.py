"""Read the templates that a user brings; what is wrong with them is said before any contact."""

from __future__ import annotations

from pathlib import Path

from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.render import Renderer
from asa_transport.edges import templates
from asa_transport.errors import TemplateError, UserError


def parsing_tables(own: Path | None) -> TableSet:
    """Compile the parsing templates, the user's own first; raise UserError where one of those is faulty."""
    try:
        return TableSet(templates.textfsm(own))
    except TemplateError as error:
        if own is None:
            raise
        raise UserError(f"--textfsm-templates {own}: {error}") from error


def change_renderer(own: Path | None) -> Renderer:
    """Compile the change templates, the user's own first; raise UserError where one of those is faulty."""
    try:
        return Renderer(templates.jinja(own))
    except TemplateError as error:
        if own is None:
            raise
        raise UserError(f"--templates {own}: {error}") from error
