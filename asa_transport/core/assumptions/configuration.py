"""Try what is assumed of the licence block of the running configuration: what it hides, and in which order.

Pure.
"""

from __future__ import annotations

import re
from typing import Final

from asa_transport.asa.commands import CONFIG_ALL_LICENSE, STARTUP_SHOWS
from asa_transport.asa.licensing import (
    HEAD,
    NO_URL,
    default_transport,
    is_transport_line,
    proxy_of,
    type_of,
)
from asa_transport.core.assumptions.answers import (
    Answers,
    Tried,
    differs,
    evidence_of,
    holds,
    is_withheld,
    not_applicable,
    refused_outcome,
    unknown,
)
from asa_transport.core.parsing.walk import Cell
from asa_transport.model import ContextMode, LicenseMode, TransportSource, TransportType

_NO_SMART: Final = "it is not licensed by Smart Licensing"
_NO_BLOCK: Final = "'show running-config license' was not answered"
_KINDS: Final = re.compile(rf"(?:{'|'.join(STARTUP_SHOWS)})\b")
_WORD: Final = re.compile(r"\s*(?:no )?([\w-]+)")
_FIREPOWER_2100: Final = re.compile(r"FPR-?21\d\d", re.IGNORECASE)


def _block(answers: Answers) -> tuple[Cell, ...] | Tried:
    """Return the lines of the block, or why nothing can be said of it."""
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    found = answers.block()
    return unknown(_NO_BLOCK) if found is None else found


def _shown_types(block: tuple[Cell, ...]) -> tuple[Cell, ...]:
    return tuple(cell for cell in block if type_of(cell.value) is not None)


def _stated(answers: Answers) -> TransportType | None:
    """Return the transport that a licensing output says is in force."""
    transport = answers.facts.transport
    return transport.type if transport.source is TransportSource.LICENSE else None


def default_is_known(answers: Answers) -> Tried:
    """Try `default-transport`: without a line for it, is the type in force the release's default?"""
    block, default = _block(answers), default_transport(answers.facts.version)
    if isinstance(block, Tried):
        return block
    if default is None:
        return unknown("the release is not one whose default is known", answers.proof("version"))
    shown = _shown_types(block)
    if shown:
        return unknown("the configuration states the type, so the default does not show", evidence_of(shown))
    stated = _stated(answers)
    if stated is None:
        return unknown("no licensing output says which transport is in force")
    seen = f"{stated.value} is in force without a line for it"
    proof = (*answers.proof("transport.type", "version"), *evidence_of(block[:1]))
    if stated is default:
        return holds(seen, proof)
    return differs(f"{seen}, and the release's default is said to be {default.value}", proof, stated.value)


def default_is_hidden(answers: Answers) -> Tried:
    """Try `default-line-hidden`: is the line for the default type missing from the block?"""
    block, default = _block(answers), default_transport(answers.facts.version)
    if isinstance(block, Tried):
        return block
    if default is None:
        return unknown("the release is not one whose default is known", answers.proof("version"))
    shown = _shown_types(block)
    if shown and type_of(shown[0].value) is default:
        return differs(f"the block states {default.value}, the default", evidence_of(shown), default.value)
    if shown:
        return unknown("the type is not the default, so its line is to be there", evidence_of(shown))
    if _stated(answers) is not default:
        return unknown("whether the default is in force is not known")
    seen = f"{default.value} is in force, and the block has no line for it"
    return holds(seen, (*answers.proof("transport.type"), *evidence_of(block[:1])))


def transport_is_last(answers: Answers) -> Tried:
    """Try `transport-lines-last`: do they stand behind all other lines?"""
    block = _block(answers)
    if isinstance(block, Tried):
        return block
    lines = [cell for cell in block if cell.value.rstrip() != HEAD]
    places = [number for number, cell in enumerate(lines) if is_transport_line(cell.value)]
    others = [number for number, cell in enumerate(lines) if not is_transport_line(cell.value)]
    if not places or not others:
        return unknown("the block does not have both transport lines and others", evidence_of(lines))
    if places[0] > others[-1]:
        return holds("the transport lines stand last", evidence_of(lines))
    following = next(lines[number] for number in others if number > places[0])
    word = _WORD.match(following.value)
    seen = f"a transport line stands ahead of {following.value.strip()!r:.60}"
    return differs(seen, evidence_of(lines), None if word is None else word[1])


def proxy_is_behind(answers: Answers) -> Tried:
    """Try `proxy-behind-type`."""
    block = _block(answers)
    if isinstance(block, Tried):
        return block
    kinds = [cell for cell in block if type_of(cell.value) is not None]
    proxies = [cell for cell in block if proxy_of(cell.value) is not None]
    if not kinds or not proxies:
        return unknown("the block does not show both lines", evidence_of((*kinds, *proxies)))
    lines = evidence_of(sorted((*kinds, *proxies), key=lambda cell: cell.evidence.line))
    if proxies[0].evidence.line > kinds[0].evidence.line:
        return holds("the proxy stands behind the type", lines)
    return differs("the proxy stands ahead of the type", lines, "proxy")


def kinds_are_known(answers: Answers) -> Tried:
    """Try `block-line-kinds`."""
    block = _block(answers)
    if isinstance(block, Tried):
        return block
    strange = [cell for cell in block if cell.value.rstrip() and not _KINDS.match(cell.value)]
    if strange:
        return differs("the block has lines of another kind", evidence_of(strange))
    return holds("every line of the block is of a known kind", evidence_of(block))


def url_is_hidden(answers: Answers) -> Tried:
    """Try `url-default-hidden`."""
    block = _block(answers)
    if isinstance(block, Tried):
        return block
    shown = [cell for cell in block if cell.value.rstrip() == NO_URL]
    if shown:
        return differs("the block has the line", evidence_of(shown))
    return holds("the block does not have the line", evidence_of(block))


def smart_is_taken_early(answers: Answers) -> Tried:
    """Try `smart-below-922`: only a device that is on smart there shows it."""
    default = default_transport(answers.facts.version)
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    if default is TransportType.SMART:
        return not_applicable("its default is smart", answers.proof("version"))
    shown = [
        cell for cell in _shown_types(answers.block() or ()) if type_of(cell.value) is TransportType.SMART
    ]
    if default is not None and shown:
        return holds("the configuration has the line", (*evidence_of(shown), *answers.proof("version")))
    return unknown("it is not on smart; only to enter the line would show it", answers.proof("version"))


def all_config_is_read(answers: Answers) -> Tried:
    """Try `all-config-shape`."""
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    refused = answers.readings.refused.get(CONFIG_ALL_LICENSE)
    if refused is not None:
        return refused_outcome(refused)
    table = answers.table(CONFIG_ALL_LICENSE)
    if table is None:
        return unknown("the command was not asked")
    if table.unknown:
        return differs("it has lines that are not understood", (line.evidence for line in table.unknown))
    lines = table.every("LINE")
    if not lines:
        return differs("it has no 'license smart' block")
    return holds("its lines are understood", evidence_of(lines))


def system_has_license(answers: Answers) -> Tried:
    """Try `license-in-system`."""
    facts = answers.facts
    proof = answers.proof("context_mode", "context")
    if facts.context_mode is None:
        return unknown("the context mode is not known")
    if facts.context_mode is ContextMode.SINGLE:
        return not_applicable("it has a single context", proof)
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    refused = answers.refused_license
    if facts.license_mode is LicenseMode.SMART and facts.license_block is not None:
        return holds("the licence is shown there", (*proof, *answers.proof("license_mode")))
    if is_withheld(refused) or not refused:
        return unknown("the licensing commands were not answered", (*proof, *refused))
    return differs("the licence is not shown there", (*proof, *refused))


def smart_ignores_callhome_proxy(answers: Answers) -> Tried:
    """Try `callhome-proxy-unused`: what does the device itself show as the proxy of smart?"""
    transport = answers.facts.transport
    if transport.type is not TransportType.SMART or transport.callhome_proxy is None:
        return not_applicable("it is not on smart with an 'http-proxy' of 'call-home'")
    proof = answers.proof("transport.type", "transport.callhome_proxy")
    address, state = answers.licensing("PROXY_ADDRESS"), answers.licensing("PROXY_STATE")
    if transport.proxy is not None:
        return unknown("'transport proxy' is set, too", (*proof, *answers.proof("transport.proxy")))
    if address is not None and address.value.strip() == transport.callhome_proxy.host:
        return differs("the proxy of 'call-home' is shown as that of smart", (*proof, address.evidence))
    if state is not None and state.value.strip() == "Not Configured":
        return holds("smart shows no proxy beside that of 'call-home'", (*proof, state.evidence))
    return unknown("the licensing outputs do not say which proxy is used", proof)


def firepower_2100_has_license(answers: Answers) -> Tried:
    """Try `firepower-2100-in-asa`."""
    facts, proof = answers.facts, answers.proof("model")
    if facts.model is None:
        return unknown("the model is not known")
    if not _FIREPOWER_2100.match(facts.model):
        return not_applicable("it is no Firepower 2100", proof)
    if facts.license_block:
        return holds("the ASA has the licence block", (*proof, *evidence_of(answers.block() or ())))
    refused = answers.refused_license
    if refused and not is_withheld(refused):
        return differs("the ASA refuses the commands", (*proof, *refused))
    return unknown("no licence block was read", proof)
