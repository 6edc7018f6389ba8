"""Render a page for people from a Jinja2 template, given as text; `render.py` does so for device lines.

Pure.  Guarantees that a value the template names and nobody gave is an error, never an
empty word, and that in a template for HTML every value is escaped unless Jinja2 made it.

Source: Jinja2 documentation (`StrictUndefined`, autoescape).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from asa_transport.errors import TemplateError

_PIECES: Final = 500


def rendered(texts: Mapping[str, str], name: str, values: Mapping[str, Any]) -> str:
    """Return the template of this name, filled in; `NAME.html.j2` is escaped as HTML.

    Args:
        texts: Template texts by file name, as `edges.templates.jinja` reads them.

    Raises:
        TemplateError: It is missing, malformed, or names a value that nobody gave.
    """
    return "".join(rendered_parts(texts, name, values))


def rendered_parts(texts: Mapping[str, str], name: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the same in parts; what a value yields is asked for when its turn comes."""
    try:
        stream = _environment(frozenset(texts.items())).get_template(name).stream(values)
        # Some hundred pieces of text make one worth handing on.
        stream.enable_buffering(_PIECES)
        yield from stream
    except jinja2.TemplateNotFound as error:
        raise TemplateError(f"template {error.name}: not found; reinstall asa-transport") from error
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"template {name}, line {error.lineno}: {error.message}") from error
    except jinja2.TemplateError as error:
        raise TemplateError(f"template {name}: {error.message}") from error
    # What Jinja2 does not call an error of its own: a sum of a text and a number, a range that is too long.
    except (ArithmeticError, TypeError) as error:
        raise TemplateError(f"template {name}: {error}") from error


# To compile a page takes longer than to fill it in for a small fleet.
@functools.lru_cache(maxsize=8)
def _environment(texts: frozenset[tuple[str, str]]) -> jinja2.Environment:
    """Return what compiles each of these templates once; any number of threads may share it."""
    return ImmutableSandboxedEnvironment(
        loader=jinja2.DictLoader(dict(texts)),
        undefined=jinja2.StrictUndefined,
        autoescape=lambda template: template is not None and template.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
