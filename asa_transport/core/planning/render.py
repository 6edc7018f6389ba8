"""Turn one change into device lines with the Jinja2 templates, and let nothing else through.

Pure; the one file of the core that knows jinja2.  Fails closed twice: a value is checked
before it reaches a template (one word, no control character, a real host and port), and
every rendered line is checked afterwards, so that a user's own template cannot send what
nobody approved.  A template has `for` and `if` and no other logic: no filters, no calls,
no `set`, no `include`.

Source: `asa/licensing.py` for the lines.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from asa_transport.asa.licensing import (
    EXPECTED_HOST,
    EXPECTED_PORT,
    GRAMMAR,
    first_stranger,
    is_host,
    is_port,
)
from asa_transport.errors import RenderError, TemplateError
from asa_transport.model import Change, Proxy, TransportType

PREFIX: Final = "change_"
_LOGIC: Final = (
    nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const, nodes.If, nodes.For,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip


class Way(enum.StrEnum):
    """There, or back."""

    APPLY = "apply"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was observed, for the way back; `type` is `None` where it is not part of the change."""

    type: TransportType | None
    proxy: Proxy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """All that a template may name: `before.type`, `before.proxy.host`, …, and `proxy`, which is undefined
    where the change sets none."""

    before: Before
    proxy: Proxy | None


def template_name(change: Change, way: Way) -> str:
    """Return e.g. ``change_transport_smart.apply.j2``."""
    return f"{PREFIX}{change.value.replace('-', '_')}.{way.value}.j2"


NAMES: Final = tuple(template_name(change, way) for change in Change for way in Way)


class Renderer:
    """The change templates, compiled once; safe to share between threads.

    Attributes:
        sha256: Digest over the names and texts of all of them; a plan carries it.
    """

    __slots__ = ("_templates", "sha256")

    def __init__(self, templates: Mapping[str, str]) -> None:
        """Compile template texts by file name; other files than `change_*` are not ours and are left out.

        Raises:
            TemplateError: One is missing, is of no change, or is malformed; names it and the line.
        """
        texts = {name: text for name, text in templates.items() if name.startswith(PREFIX)}
        for name in sorted(texts.keys() - set(NAMES)):
            raise TemplateError(f"{name}: no change has this template; known: {', '.join(NAMES)}")
        for name in NAMES:
            if name not in texts:
                raise TemplateError(f"{name}: this template is missing; give it, or reinstall asa-transport")
        # Device lines are no HTML: escaping would put `&amp;` on a firewall.
        environment = ImmutableSandboxedEnvironment(
            undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        self._templates = {name: _compiled(environment, name, text) for name, text in texts.items()}
        self.sha256 = hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()

    def lines(self, change: Change, way: Way, values: Values, *, device: str) -> tuple[str, ...]:
        """Return the lines of one change, `license smart` first.

        Args:
            device: For the message.

        Raises:
            RenderError: A value is none that may become a line, or the template made another line
                than the grammar knows.
        """
        check_value(device, "the expected proxy", values.proxy)
        check_value(device, "the proxy before", values.before.proxy)
        name = template_name(change, way)
        known: dict[str, object] = {"before": values.before}
        if values.proxy is not None:
            known["proxy"] = values.proxy
        try:
            text = self._templates[name].render(known)
        except jinja2.TemplateError as error:
            raise RenderError(
                f"{device}: rendering {name}: {error.message}; see the values it may name"
            ) from error
        lines = tuple(text.removesuffix("\n").split("\n"))
        stranger = first_stranger(lines)
        if stranger is not None:
            raise RenderError(
                f"{device}: rendering {name} made {stranger!r:.200}, which is not to be sent; expected "
                f"{GRAMMAR}"
            )
        return lines


def check_value(device: str, what: str, proxy: Proxy | None) -> None:
    """Raise RenderError where a proxy's host or port is none; nothing else reaches a template as text."""
    if proxy is None:
        return
    if not isinstance(proxy.host, str) or not is_host(proxy.host):
        raise RenderError(f"{device}: {what} has the host {proxy.host!r:.200}; expected {EXPECTED_HOST}")
    if not is_port(proxy.port):
        raise RenderError(f"{device}: {what} has the port {proxy.port!r:.200}; expected {EXPECTED_PORT}")


def _compiled(environment: jinja2.Environment, name: str, text: str) -> jinja2.Template:
    try:
        tree = environment.parse(text, filename=name)
        for node in tree.iter_child_nodes():
            _check_logic(name, node)
        return environment.from_string(tree)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{name}:{error.lineno}: {error.message}") from error


def _check_logic(name: str, node: nodes.Node) -> None:
    if not isinstance(node, _LOGIC):
        kind = type(node).__name__
        raise TemplateError(
            f"{name}:{node.lineno}: {kind!r} is logic that a device template may not have; "
            "expected text, {{ value }}, {% for %} and {% if %} only"
        )
    for child in node.iter_child_nodes():
        _check_logic(name, child)
