"""Try what is assumed of the other answers: their lines, their words, the names of models and releases.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from asa_transport.asa.commands import (
    CLUSTER,
    FAILOVER,
    LICENSE_ALL,
    LICENSE_STATUS,
    LICENSE_SUMMARY,
    LICENSE_USAGE,
    is_ping_tcp,
)
from asa_transport.asa.license_words import NO_PROXY
from asa_transport.asa.servers import is_cisco_callhome, is_cisco_url, is_onprem_path
from asa_transport.asa.version import try_parse
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
from asa_transport.core.judgement.cases.bugs import is_known_family
from asa_transport.core.parsing.walk import Table
from asa_transport.model import (
    SSH_LINES,
    SSH_SESSION,
    Block,
    Evidence,
    LicenseMode,
    TransportSource,
    TransportType,
)

_NO_SMART: Final = "it is not licensed by Smart Licensing"
_NOT_ASKED: Final = "it was not asked"
_OWN_END: Final = "Miscellaneous:"
_STARTING: Final = " starting port "


def status_denies_proxy(answers: Answers) -> Tried:
    """Try `status-proxy-denied`."""
    transport = answers.facts.transport
    if transport.proxy is None or transport.proxy_source is not TransportSource.RUNNING_CONFIG:
        return not_applicable("the configuration has no 'transport proxy'")
    proof = answers.proof("transport.proxy")
    address, state = answers.licensing("PROXY_ADDRESS"), answers.licensing("PROXY_STATE")
    if address is not None and address.value.strip() not in NO_PROXY:
        return differs("the proxy that is set is shown", (address.evidence, *proof))
    denied = state or address
    if denied is not None:
        return holds(f"{denied.value.strip()!r} is shown, and a proxy is set", (denied.evidence, *proof))
    return unknown("the licensing outputs have no line for the proxy", proof)


def transport_lines_are_known(answers: Answers) -> Tried:
    """Try `smart-transport-lines`."""
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    tables = answers.readings.several(LICENSE_STATUS, LICENSE_ALL)
    strange = [line for table in tables for line in table.unknown if line.block is Block.TRANSPORT]
    if strange:
        return differs("there are lines that are not understood", (line.evidence for line in strange))
    kind = answers.licensing("TRANSPORT_TYPE")
    if kind is None:
        return unknown("no licensing output has a 'Type:'")
    if answers.facts.transport.type is not TransportType.SMART:
        return unknown("it is not on smart", (kind.evidence,))
    rest = filter(None, map(answers.licensing, ("TRANSPORT_URL", "PROXY_STATE", "PROXY_ADDRESS")))
    return holds("its lines are understood", evidence_of((kind, *rest)))


def status_has_no_own_end(answers: Answers) -> Tried:
    """Try `status-own-end`."""
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    if not answers.readings.several(LICENSE_STATUS, LICENSE_ALL):
        return unknown("no licensing output was read")
    found = tuple(_lines(answers, (LICENSE_STATUS, LICENSE_ALL), _OWN_END))
    if found:
        return differs("there is such a section", found)
    return holds("there is no such section")


def _lines(answers: Answers, commands: tuple[str, ...], wanted: str) -> Iterator[Evidence]:
    """Yield the lines that are this text."""
    for command in commands:
        output = answers.capture.output(command)
        for number, line in enumerate(output.text.split("\n") if output is not None else (), 1):
            if line.strip() == wanted:
                yield Evidence(command=command, line=number, text=line)


def reservation_is_understood(answers: Answers) -> Tried:
    """Try `reservation-words`."""
    facts, proof = answers.facts, answers.proof("reservation", "registration.state", "authorization.state")
    if facts.reservation is None and facts.license_mode is LicenseMode.UNKNOWN:
        return unknown("the way of licensing is not known")
    if not facts.reservation:
        return not_applicable("it has no reservation", proof)
    parts = (Block.REGISTRATION, Block.AUTHORIZATION)
    strange = tuple(line.evidence for line in facts.unknown if line.block in parts)
    if strange:
        return differs("there are words that are not understood", (*strange, *proof))
    if facts.registration.state is None and facts.authorization.state is None:
        return unknown("no licensing output says its state", proof)
    return holds("its words are understood", proof)


def summary_is_read(answers: Answers) -> Tried:
    """Try `summary-lines`."""
    return _is_read(answers, LICENSE_SUMMARY)


def usage_is_read(answers: Answers) -> Tried:
    """Try `usage-lines`."""
    return _is_read(answers, LICENSE_USAGE)


def _is_read(answers: Answers, command: str) -> Tried:
    if not answers.is_smart:
        return not_applicable(_NO_SMART, answers.proof("license_mode"))
    refused = answers.readings.refused.get(command)
    if refused is not None:
        return refused_outcome(refused)
    table = answers.table(command)
    if table is None:
        return unknown("an audit does not ask for it, and its answer was not saved")
    return _understood(table)


def _understood(table: Table) -> Tried:
    if table.unknown:
        return differs("it has lines that are not understood", (line.evidence for line in table.unknown))
    cells = tuple(cell for record in table.records for cell in record.cells)
    if not cells:
        return unknown("nothing that is known stands in it")
    return holds("its lines are understood", evidence_of(cells))


def active_active_is_read(answers: Answers) -> Tried:
    """Try `active-active-lines`."""
    table = answers.table(FAILOVER)
    if table is None:
        return unknown("'show failover' was not answered")
    if table.first("THIS_GROUP") is None:
        return not_applicable("it has no failover groups", answers.proof("failover.enabled"))
    return _understood(table)


def cloud_pair_is_read(answers: Answers) -> Tried:
    """Try `cloud-failover-lines`."""
    table = answers.table(FAILOVER)
    if table is None:
        return unknown("'show failover' was not answered")
    cloud = table.first("CLOUD")
    if cloud is not None:
        return holds("it says so", (cloud.evidence,))
    if answers.facts.failover.is_cloud:
        return differs("only the role 'Backup' tells it", answers.proof("failover.state"))
    return not_applicable("it is no pair in a public cloud", answers.proof("failover.enabled"))


def cluster_is_read(answers: Answers) -> Tried:
    """Try `cluster-lines`."""
    table = answers.table(CLUSTER)
    if table is None or answers.facts.cluster.enabled is False:
        refused = answers.readings.refused.get(CLUSTER)
        if refused is not None or answers.facts.cluster.enabled is False:
            lines = () if refused is None else (refused,)
            return not_applicable("it is in no cluster", (*lines, *answers.proof("cluster.role")))
        return unknown(_NOT_ASKED)
    return _understood(table)


def model_is_known(answers: Answers) -> Tried:
    """Try `model-names`."""
    model, proof = answers.facts.model, answers.proof("model")
    if model is None:
        return unknown("'show version' names no model")
    if is_known_family(model):
        return holds(f"the model is {model!r:.40}", proof)
    return differs(f"{model!r:.40} is of no known family", proof)


def release_is_understood(answers: Answers) -> Tried:
    """Try `release-suffixes`."""
    text, proof = answers.facts.version, answers.proof("version")
    if text is None:
        return unknown("'show version' names no release")
    if try_parse(text) is None:
        return differs(f"{text!r:.40} is not understood", proof)
    return holds(f"{text!r:.40} is understood", proof)


def pak_refuses(answers: Answers) -> Tried:
    """Try `pak-refuses-license`."""
    if answers.facts.license_mode is not LicenseMode.PAK:
        return not_applicable("it has no activation keys", answers.proof("license_mode"))
    refused = answers.readings.refused.get(LICENSE_STATUS)
    if refused is not None and is_withheld((refused,)):
        return unknown("this user may not send the command", (refused,))
    if refused is not None:
        return holds("the command is refused", (refused,))
    output = answers.capture.output(LICENSE_STATUS)
    if output is None:
        return unknown(_NOT_ASKED)
    first = next((line for line in enumerate(output.text.split("\n"), 1) if line[1].strip()), None)
    lines = () if first is None else (Evidence(command=LICENSE_STATUS, line=first[0], text=first[1]),)
    return differs("the command is answered", lines)


def chassis_answers(answers: Answers) -> Tried:
    """Try `chassis-answers-license`."""
    if answers.facts.license_mode is not LicenseMode.FXOS:
        return not_applicable("it is no Firepower 4100 or 9300", answers.proof("license_mode", "model"))
    found = tuple(
        cell
        for name in ("FXOS_ENABLED", "FXOS_COMPLIANCE", "FXOS_STATUS")
        if (cell := answers.licensing(name)) is not None
    )
    if found:
        return holds("the outputs have that form", evidence_of(found))
    refused = answers.refused_license
    strange = tuple(
        line.evidence
        for table in answers.readings.several(LICENSE_STATUS, LICENSE_ALL)
        for line in table.unknown
    )
    if is_withheld(refused):
        return unknown("this user may not send the commands", refused)
    if refused or strange:
        return differs("the outputs are refused, or have another form", (*refused, *strange))
    return unknown("no licensing output was read")


def onprem_path_is_known(answers: Answers) -> Tried:
    """Try `onprem-address`."""
    transport = answers.facts.transport
    own = [url for url in (transport.url,) if url is not None and not is_cisco_url(url)]
    if transport.callhome_url is not None and not is_cisco_callhome(transport.callhome_url):
        own.append(transport.callhome_url)
    if not own:
        return not_applicable("it has no address of an On-Prem server")
    proof = answers.proof("transport.url", "transport.callhome_url")
    if all(map(is_onprem_path, own)):
        return holds("the address has that path", proof)
    return differs("the address has another path", proof)


def ping_is_understood(answers: Answers) -> Tried:
    """Try `ping-tcp-lines`."""
    tables = _pings(answers)
    refused = [line for command, line in answers.readings.refused.items() if is_ping_tcp(command)]
    if not tables and not refused:
        return unknown("it was not asked; --probe asks")
    if is_withheld(refused):
        return unknown("this user may not send the command", refused)
    strange = (*refused, *(line.evidence for table in tables for line in table.unknown))
    if strange:
        return differs("it has lines that are not understood", strange)
    rates = [cell for table in tables if (cell := table.first("GOOD")) is not None]
    if len(rates) < len(tables):
        return differs("it does not say how many connections opened")
    return holds("its lines are understood", evidence_of(rates))


def ping_names_port(answers: Answers) -> Tried:
    """Try `ping-tcp-from-line`."""
    lines = [
        Evidence(command=output.command, line=number, text=line)
        for output in answers.capture.outputs
        if is_ping_tcp(output.command)
        for number, line in enumerate(output.text.split("\n"), 1)
        if "from " in line and "timeout is" in line
    ]
    if not _pings(answers):
        return unknown("it was not asked; --probe asks")
    if not lines:
        return unknown("it has no line 'from'")
    without = [line for line in lines if _STARTING not in line.text]
    if without:
        return differs("the line names no port", without)
    return holds("the line names the port", lines)


def _pings(answers: Answers) -> list[Table]:
    return [table for command, table in answers.readings.tables.items() if is_ping_tcp(command)]


def rsa_is_sha1(answers: Answers) -> Tried:
    """Try `rsa-key-sha1`."""
    ssh = answers.facts.ssh
    if ssh is None:
        return unknown("what the session agreed on is not known")
    place = SSH_LINES.index("host_key") + 1
    proof = (Evidence(command=SSH_SESSION, line=place, text=ssh.lines[place - 1]),)
    offered = (*ssh.host_keys, ssh.host_key)
    rsa = [name for name in offered if name == "ssh-rsa" or name.startswith("rsa-sha2-")]
    if not rsa:
        return not_applicable("it has no RSA host key, or did not offer it", proof)
    newer = [name for name in rsa if name.startswith("rsa-sha2-")]
    if newer:
        return differs(f"it offers {newer[0]}", proof)
    return holds("it offers ssh-rsa alone", proof)
