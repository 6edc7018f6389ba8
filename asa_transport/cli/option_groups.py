"""Options that always come together, declared once and given to a command as one value.

A command takes a value of one of the kinds in `_BUNDLES`; `with_bundles` puts the options of each
in its place, so that `--help` and the shell see them as if they stood there.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from asa_transport.cli import options
from asa_transport.flows.inputs import (
    BrokerOptions,
    Conduct,
    EngineOptions,
    Files,
    RunTelling,
    StateLocation,
    UnattendedOptions,
)
from asa_transport.model import Limits, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How much is said, and how."""

    verbose: bool = False
    quiet: bool = False
    no_color: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """As `Voice`, of a command that has no more to say."""

    quiet: bool = False
    no_color: bool = False


# For each kind of value: the option's name, the field that it fills, and its declaration.
_BUNDLES: Final[Mapping[type, tuple[tuple[str, str, Any], ...]]] = {
    Limits: (
        ("connect_timeout", "tcp_s", options.ConnectTimeout),
        ("handshake_timeout", "handshake_s", options.HandshakeTimeout),
        ("login_timeout", "authentication_s", options.LoginTimeout),
        ("command_timeout", "command_s", options.CommandTimeout),
        ("device_timeout", "device_s", options.DeviceTimeout),
        ("attempts", "attempts", options.Attempts),
    ),
    Files: (
        ("policy", "policy", options.PolicyOption),
        ("bugs", "bugs", options.BugsOption),
        ("exceptions", "exceptions", options.ExceptionsOption),
        ("waivers", "waivers", options.WaiversOption),
    ),
    Part: (
        ("shard", "shard", options.ShardOption),
        ("region", "region", options.RegionOption),
    ),
    Conduct: (
        ("yes", "yes", options.YesOption),
        ("contact_timeout", "contact_timeout", options.ContactTimeoutOption),
        ("reconnect_timeout", "reconnect_timeout", options.ReconnectTimeoutOption),
        ("max_fail", "max_fail", options.MaxFailOption),
        ("pause_between", "pause_between", options.PauseOption),
        ("sign_key", "sign_key", options.SignKeyOption),
    ),
    UnattendedOptions: (
        ("metrics", "metrics", options.MetricsOption),
        ("log_format", "log_format", options.LogFormatOption),
        ("log_file", "log_file", options.LogFileOption),
        ("notify", "notify", options.NotifyOption),
    ),
    RunTelling: (
        ("log_format", "log_format", options.LogFormatOption),
        ("log_file", "log_file", options.LogFileOption),
        ("notify", "notify", options.NotifyOption),
    ),
    StateLocation: (
        ("state_dir", "state_dir", options.StateOption),
        ("store", "store", options.StoreOption),
    ),
    EngineOptions: (
        ("engine", "kind", options.EngineOption),
        ("broker", "url", options.BrokerOption),
        ("broker_ca", "authority", options.BrokerAuthorityOption),
    ),
    BrokerOptions: (
        ("broker", "url", options.BrokerOption),
        ("broker_ca", "authority", options.BrokerAuthorityOption),
    ),
    Tone: (
        ("quiet", "quiet", options.QuietOption),
        ("no_color", "no_color", options.NoColorOption),
    ),
    Voice: (
        ("verbose", "verbose", options.VerboseOption),
        ("quiet", "quiet", options.QuietOption),
        ("no_color", "no_color", options.NoColorOption),
    ),
}


def with_bundles(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of its bundles in their place; defaults are the values' own."""
    hints = get_type_hints(command, include_extras=True)
    bundled = {name: kind for name, kind in hints.items() if kind in _BUNDLES}
    outer = inspect.Signature(list(_expanded(inspect.signature(command), hints)))

    @functools.wraps(command)
    def run(*positional: Any, **named: Any) -> None:
        bound = outer.bind(*positional, **named)
        bound.apply_defaults()
        given = dict(bound.arguments)
        for parameter, kind in bundled.items():
            rows = _BUNDLES[kind]
            given[parameter] = kind(**{field: given.pop(option) for option, field, _ in rows})
        command(**given)

    # What typer reads instead of the command's own.
    run.__signature__ = outer  # type: ignore[attr-defined]
    run.__annotations__ = {name: parameter.annotation for name, parameter in outer.parameters.items()}
    del run.__wrapped__
    return run


def _expanded(inner: inspect.Signature, hints: Mapping[str, Any]) -> Iterable[inspect.Parameter]:
    kind = inspect.Parameter.KEYWORD_ONLY
    for parameter in inner.parameters.values():
        hint = hints[parameter.name]
        if hint not in _BUNDLES:
            yield parameter.replace(annotation=hint, kind=kind)
            continue
        whole = hint()
        for option, field, declared in _BUNDLES[hint]:
            yield inspect.Parameter(option, kind, default=getattr(whole, field), annotation=declared)
