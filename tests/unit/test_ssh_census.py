"""The census of SSH: every device in one row, the oldest and weakest first, whole at 80 columns."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from asa_transport.cli.schemas import SCHEMAS
from asa_transport.cli.views.ssh_census import print_census
from asa_transport.core.documents import audit
from asa_transport.core.documents.ssh_census import SshCensusRow, SshReach, by_reach, ssh_census
from asa_transport.edges.state.store import imported
from asa_transport.model import Audited, AuditOutcome, NotAudited, SshFacts, SshOffer, Stage
from tests.unit.judging import facts_of
from tests.unit.reporting import audited, every_kind, missed, report_of

VALIDATOR = jsonschema.Draft202012Validator(SCHEMAS["audit"]())
GCM = "aes128-gcm@openssh.com"
ECDSA = "ecdsa-sha2-nistp256"
CURVE = "curve25519-sha256"
GROUP14 = "diffie-hellman-group14-sha256"
OFFER = SshOffer(
    kex=("diffie-hellman-group1-sha1",),
    host_key=("ssh-rsa",),
    cipher=("aes256-cbc", "3des-cbc"),
    mac=("hmac-sha1",),
    server="SSH-2.0-Cisco-1.25",
)


def session(kex: str = CURVE, host_key: str = ECDSA, cipher: str = GCM) -> SshFacts:
    return SshFacts(kex=kex, host_key=host_key, cipher=cipher, mac=cipher, server="SSH-2.0-Cisco-1.25")


def on(name: str, version: str | None, ssh: SshFacts | None, model: str = "ASAv") -> Audited:
    return audited(name, replace(facts_of("-"), version=version, model=model, ssh=ssh))


def lost(name: str, stage: Stage, **changes: Any) -> NotAudited:
    return replace(missed(name, stage), **changes)


FLEET: Sequence[AuditOutcome] = (
    lost("fw-away", Stage.CONNECT),
    lost("fw-behind", Stage.JUMP),
    lost("fw-held", Stage.AUTHENTICATE),
    lost("fw-locked", Stage.AUTHENTICATE, ssh=session()),
    on("fw-new-1", "9.22(2)14", session()),
    on("fw-new-2", "9.22(2)14", session()),
    on("fw-rsa", "9.22(2)14", session(host_key="rsa-sha2-256")),
    on("fw-group", "9.16(4)", session(kex=GROUP14, host_key="rsa-sha2-256")),
    on("fw-mail", "9.16(4)", session(), model="FPR-2110"),
    on("fw-old", "9.8(4)20", session("diffie-hellman-group14-sha1", "ssh-rsa", "aes256-cbc")),
    on("fw-said-nothing", None, session()),
    on("fw-odd", "a build of ours", session()),
    lost("fw-gone", Stage.CONNECT, ssh_offer=OFFER),
    on("fw-saved", "9.20(4)14", None),
)


def test_every_device_is_in_one_row() -> None:
    """A device that is missed is found when it is locked out."""
    rows = ssh_census(FLEET)

    assert sum(row.devices for row in rows) == len(FLEET)
    assert by_reach(rows) == {
        SshReach.OFFERED: 1,
        SshReach.AGREED: 9,
        SshReach.NOT_KNOWN: 2,
        SshReach.NOT_REACHED: 2,
    }
    assert ssh_census(()) == ()


def test_the_oldest_and_weakest_come_first() -> None:
    """What has to be seen to stands at the top; 9.8 is older than 9.16, and ssh-rsa weaker than SHA-2."""
    rows = ssh_census(tuple(reversed(FLEET)))

    assert rows == ssh_census(FLEET)
    assert [(row.reach.value, row.version, row.model, "+".join(row.host_key)) for row in rows] == [
        ("offered", None, None, "ssh-rsa"),
        ("agreed", None, None, ECDSA),
        ("agreed", None, "ASAv", ECDSA),
        ("agreed", "a build of ours", "ASAv", ECDSA),
        ("agreed", "9.8(4)20", "ASAv", "ssh-rsa"),
        ("agreed", "9.16(4)", "ASAv", "rsa-sha2-256"),
        ("agreed", "9.16(4)", "FPR-2110", ECDSA),
        ("agreed", "9.22(2)14", "ASAv", "rsa-sha2-256"),
        ("agreed", "9.22(2)14", "ASAv", ECDSA),
        ("not-known", None, None, ""),
        ("not-known", "9.20(4)14", "ASAv", ""),
        ("not-reached", None, None, ""),
    ]


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        (session(cipher="aes256-cbc"), session(kex="diffie-hellman-group14-sha1")),
        (session(kex="diffie-hellman-group1-sha1"), session(kex="diffie-hellman-group14-sha1")),
        (session(kex="diffie-hellman-group14-sha1"), session(host_key="ssh-rsa")),
        (session(host_key="ssh-rsa"), session(kex=GROUP14)),
        (session(kex=GROUP14), session()),
    ],
)
def test_of_one_release_the_weakest_session_comes_first(weaker: SshFacts, stronger: SshFacts) -> None:
    rows = ssh_census([on("a", "9.20(4)", stronger), on("b", "9.20(4)", weaker)])

    assert [(row.kex[0], row.host_key[0], row.cipher[0]) for row in rows] == [
        (one.kex, one.host_key, one.cipher) for one in (weaker, stronger)
    ]


def printed(rows: Sequence[SshCensusRow], width: int) -> list[str]:
    console = Console(
        file=io.StringIO(), width=width, highlight=False, force_terminal=True, color_system=None
    )
    print_census(console, rows)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text.splitlines()]


WHOLE = """
SSH of all devices, the oldest and weakest first
devices  release         model     key exchange       host key        cipher
      1  only offered              dh-group1-sha1     ssh-rsa         aes256-cbc
                                                                      3des-cbc
      1  ?                         curve25519-sha256  ecdsa-nistp256  aes128-gcm
      1  ?               ASAv      curve25519-sha256  ecdsa-nistp256  aes128-gcm
      1  a build of      ASAv      curve25519-sha256  ecdsa-nistp256  aes128-gcm
         ours
      1  9.8(4)20        ASAv      dh-group14-sha1    ssh-rsa         aes256-cbc
      1  9.16(4)         ASAv      dh-group14-sha256  rsa-sha2-256    aes128-gcm
      1  9.16(4)         FPR-2110  curve25519-sha256  ecdsa-nistp256  aes128-gcm
      1  9.22(2)14       ASAv      curve25519-sha256  rsa-sha2-256    aes128-gcm
      2  9.22(2)14       ASAv      curve25519-sha256  ecdsa-nistp256  aes128-gcm
      1  not known                 ?
      1  9.20(4)14       ASAv      ?
      2  no SSH reached
14 devices: 9 agreed, 1 only offered, 2 not known, 2 no SSH reached"""


def test_the_census_is_whole_at_80_columns() -> None:
    """Half a name of an algorithm is none that anybody finds in a manual."""
    assert printed(ssh_census(FLEET), 80) == WHOLE.splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 110, 200])
def test_the_census_fits_and_names_what_it_leaves_out(width: int) -> None:
    """The host key stays longest: its cure is a new key, and no setting."""
    lines = printed(ssh_census(FLEET), width)

    assert max(map(len, lines)) <= width
    (heading,) = (line for line in lines if line.startswith("devices"))
    assert "host key" in heading
    assert ("cipher" in heading) is (width >= 80)
    assert ("no room here for: cipher" in " ".join(lines)) is (width < 80)


def test_what_a_device_says_of_its_algorithms_is_shown_as_text() -> None:
    """Names come from the other side, before anybody has logged in."""
    hostile = ("\x1b[31mred", "[bold]x[/]", *(f"name-{number}" for number in range(60)))
    lines = printed(ssh_census([lost("fw", Stage.CONNECT, ssh_offer=replace(OFFER, kex=hostile))]), 300)

    assert "\\x1b[31mred, [bold]x[/], name-0" in lines[3]
    assert "name-5, and 54 more" in lines[3]


def test_the_document_has_the_census_only_where_it_was_asked_for() -> None:
    """Whoever reads today's document finds it as it was."""
    outcomes = [*FLEET, *every_kind().outcomes]
    report = report_of(outcomes).with_ssh_census()

    made, plain = (
        json.loads("".join(audit.texts(report.run, report.devices, outcomes, now=report.now, census=one)))
        for one in (report.ssh_census, None)
    )

    VALIDATOR.validate(made)
    VALIDATOR.validate(plain)
    assert made == json.loads(
        json.dumps(
            audit.document(report.run, report.devices, outcomes, now=report.now, census=report.ssh_census)
        )
    )
    assert sum(row["devices"] for row in made.pop("ssh_census")) == made["totals"]["devices"]
    assert made == plain


def test_a_document_with_a_census_is_read_back() -> None:
    """`diff` and `report` take such a file."""
    report = report_of(FLEET).with_ssh_census()
    made = audit.document(
        report.run, report.devices, report.outcomes, now=report.now, census=report.ssh_census
    )

    _, outcomes = imported.run_of(json.loads(json.dumps(made)), place="", size=0)

    assert ssh_census(outcomes) == report.ssh_census
