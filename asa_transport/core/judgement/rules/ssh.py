"""The rule about the SSH session itself: AT106.

Pure.  Judges what the session agreed on, not all that the device would take: a device that offers an old
algorithm beside better ones needs nothing of us.

Source: as the rule names them; `asa/sources.py` has the documents.  vrnetlab types `crypto key generate ecdsa
elliptic-curve 256` and `ssh key-exchange group dh-group14-sha256`; the groups of 9.16 as its `?` lists them:
curve25519-sha256, dh-group1-sha1, dh-group14-sha1, dh-group14-sha256, ecdh-sha2-nistp256 (told once).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asa_transport.asa.sources import (
    MANAGEMENT_GUIDE,
    OPENSSH,
    RFC8332,
    RFC9142,
    UPGRADE,
    VRNETLAB,
    not_proven,
    observed,
)
from asa_transport.core.judgement.cases.case import Hit, proof, values_of
from asa_transport.core.judgement.rules.rule import Rule
from asa_transport.model import LicenseMode, Severity
from asa_transport.model.ssh import is_leaving

if TYPE_CHECKING:
    from asa_transport.core.judgement.cases.case import Case
    from asa_transport.model import SshFacts

_RSA: Final = ("ssh-rsa", "rsa-sha2-")
_BETTER_GROUP: Final = (
    "'ssh key-exchange group dh-group14-sha256', or a better one that its release has "
    "('ssh key-exchange group ?' lists them)"
)
_BETTER_KEY: Final = (
    "an ECDSA host key: 'crypto key generate ecdsa elliptic-curve 384' (seen on ASAv only, with 256; look it "
    "up for its release); a key-exchange group cures no host key"
)
_BETTER_CIPHER: Final = "'ssh cipher encryption high' (look it up for its release)"


def at106(case: Case) -> Hit | None:
    """The session needed an algorithm that current clients are leaving."""
    session = case.facts.ssh
    if session is None:
        return None
    key, kex, cipher = (
        said if is_leaving(said) else None for said in (session.host_key, session.kex, session.cipher)
    )
    # Each with the fact that proves it, and what cures it.
    found = (
        (key, "ssh.host_key", "host key signature", _key_cure(session, case.device.name)),
        (kex, "ssh.kex", "key exchange", _BETTER_GROUP),
        (cipher, "ssh.cipher", "cipher", _BETTER_CIPHER),
    )
    leaving = [one for one in found if one[0] is not None]
    if not leaving:
        return None
    named = " and ".join(f"the {what} {name}" for name, _, what, _ in leaving)
    return Hit(
        severity=Severity.LOW,
        detail=f"the SSH session agreed on {named}; SSH clients are dropping that, and a later client will "
        "not be able to connect to this device",
        values=values_of(host_key=key, kex=kex, cipher=cipher),
        evidence=proof(case.facts, *(fact for _, fact, _, _ in leaving)),
        remedy=_remedy(case, [cure for _, _, _, cure in leaving]),
    )


def _key_cure(session: SshFacts, name: str) -> str:
    """Return what gives a device another host key; of two that it has, it is asked for the known one."""
    enrol = (
        "remove its old line from known_hosts, compare the new key on the console, and enrol the new key: "
        f"'asa-transport hostkeys scan --add -l {name}'"
    )
    better = [key for key in session.host_keys if not key.startswith(_RSA)]
    if better:
        return f"it offers a better host key too ({', '.join(better[:3])}): {enrol}"
    return f"{_BETTER_KEY}. Then {enrol}"


def _remedy(case: Case, cures: list[str]) -> str:
    if case.facts.license_mode is LicenseMode.THREAT_DEFENSE:
        return (
            "Threat Defense takes these settings from its manager, not from this command line; until the "
            "device offers better ones, keep an SSH client that still accepts the old ones"
        )
    return "; ".join(cures)


AT106: Final = Rule(
    id="AT106",
    title="The SSH session needed an algorithm that clients are dropping",
    severity="low",
    meaning="The session agreed on an 'ssh-rsa' host key signature or a key exchange with SHA-1, or, with "
    "'ssh: legacy', on a CBC cipher; better algorithms are asked for first. The licence and the verdict are "
    "not affected: the finding warns while the device can still be reached. Not reported for saved outputs, "
    "which do not say what their session agreed on.",
    remedy=f"for the host key, {_BETTER_KEY}. For the key exchange, {_BETTER_GROUP}. For the cipher, "
    f"{_BETTER_CIPHER}",
    evidence="what the session agreed on, as it is kept beside the answers (SSH_session.txt)",
    sources=(
        RFC8332,
        RFC9142,
        OPENSSH,
        UPGRADE,
        MANAGEMENT_GUIDE,
        VRNETLAB,
        observed("an ASA whose only host key is RSA offers 'ssh-rsa' alone, also ASAv 9.22(1.1)"),
        not_proven(
            "that 'ssh cipher encryption high' leaves the CBC ciphers out on every release", row="ssh-cures"
        ),
    ),
    check=at106,
    configures=True,
)


RULES: Final = (AT106,)
