"""Try every assumption on the answers of one firewall.

Pure.  A row of `asa/assumptions.yaml` has its trial here by its id; one without a trial is such that no
answer shows it, and is `unknown` on every firewall.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from asa_transport.core.assumptions import configuration, outputs, times
from asa_transport.core.assumptions.answers import Answers, Trial, Tried, not_applicable, unknown
from asa_transport.core.parsing.reading import ReadAnswer, read, read_answer
from asa_transport.core.parsing.tables import TableSet
from asa_transport.model import Assumption, Capture, Check, CheckVerdict, DeviceFacts, LicenseMode

TRIALS: Final[Mapping[str, Trial]] = {
    "default-transport": configuration.default_is_known,
    "default-line-hidden": configuration.default_is_hidden,
    "transport-lines-last": configuration.transport_is_last,
    "proxy-behind-type": configuration.proxy_is_behind,
    "block-line-kinds": configuration.kinds_are_known,
    "url-default-hidden": configuration.url_is_hidden,
    "smart-below-922": configuration.smart_is_taken_early,
    "all-config-shape": configuration.all_config_is_read,
    "license-in-system": configuration.system_has_license,
    "callhome-proxy-unused": configuration.smart_ignores_callhome_proxy,
    "firepower-2100-in-asa": configuration.firepower_2100_has_license,
    "onprem-address": outputs.onprem_path_is_known,
    "status-proxy-denied": outputs.status_denies_proxy,
    "smart-transport-lines": outputs.transport_lines_are_known,
    "status-own-end": outputs.status_has_no_own_end,
    "reservation-words": outputs.reservation_is_understood,
    "summary-lines": outputs.summary_is_read,
    "usage-lines": outputs.usage_is_read,
    "active-active-lines": outputs.active_active_is_read,
    "cloud-failover-lines": outputs.cloud_pair_is_read,
    "cluster-lines": outputs.cluster_is_read,
    "model-names": outputs.model_is_known,
    "release-suffixes": outputs.release_is_understood,
    "pak-refuses-license": outputs.pak_refuses,
    "chassis-answers-license": outputs.chassis_answers,
    "deadline-90-days": times.deadline_is_90_days,
    "registration-one-year": times.registration_is_a_year,
    "contact-timers": times.next_contact_is_timely,
    "modified-after-written": times.times_tell_unsaved,
    "checksum-of-running": times.checksum_is_of_running,
    "filter-keeps-colon": times.filter_shows_colon,
    "ping-tcp-lines": outputs.ping_is_understood,
    "ping-tcp-from-line": outputs.ping_names_port,
    "rsa-key-sha1": outputs.rsa_is_sha1,
}
_NOT_SHOWN: Final = unknown("no command that an audit may send shows it")
_NO_ASA: Final = not_applicable("it runs Threat Defense")


def checks_of(
    rows: Iterable[Assumption],
    capture: Capture,
    facts: DeviceFacts,
    tables: TableSet,
    *,
    answered: ReadAnswer = read_answer,
) -> tuple[Check, ...]:
    """Return one check for each row, in their order.

    The evidence is as the device printed it: who shows it masks secrets.

    Args:
        rows: As `files.assumptions.load` returns them.
        capture: All that the firewall answered.
        facts: What `parse.facts` made of it.
        tables: The templates that made them.
        answered: Reads one answer.
    """
    answers = Answers(capture=capture, readings=read(capture, tables, answered), facts=facts)
    return tuple(_check(row, _tried(row, answers)) for row in rows)


def _tried(row: Assumption, answers: Answers) -> Tried:
    if answers.facts.license_mode is LicenseMode.THREAT_DEFENSE:
        return _NO_ASA
    trial = TRIALS.get(row.id)
    return _NOT_SHOWN if trial is None else trial(answers)


def _check(row: Assumption, tried: Tried) -> Check:
    return Check(
        id=row.id,
        assumption=row.statement,
        source=row.source,
        verdict=tried.verdict,
        seen=tried.seen,
        evidence=tried.evidence,
        consequence=row.consequence if tried.verdict is CheckVerdict.DIFFERS else None,
        effect=row.effect,
        value=tried.value,
    )
