"""Where what is known of the ASA comes from: a document that anybody can open, or plain words without one.

Values only.  A rule, a bug of the catalogue, a comment and a docstring name one of these; nothing
names notes that only their authors have.  An address stands here after it was seen, never by a
pattern; the revisions of repositories are those that were read.  Some of Cisco's pages (its Bug
Search Tool) ask for a Cisco account, which is free.

Of the recorded outputs our own fixtures have the shape, and values of their own.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A public document: its title, as it can be searched for too, and its https address."""

    title: str
    address: str

    def __str__(self) -> str:
        return f"{self.title}, {self.address}"


class Kind(enum.Enum):
    """How a thing is known that no document says."""

    OBSERVED = "observed"
    """Seen in the output of a real device."""
    INFERRED = "inferred"
    """It follows from what was read or seen, and nobody has said it."""
    UNPROVEN = "unproven"
    """Told by operators, without a public source: both readings are taken, or the text says to look first."""
    OWN = "own rule"
    """Of this program, not of the ASA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Knowledge without a document, in plain words.

    Attributes:
        row: Of what nobody has published, the row of `assumptions.yaml`, which `doctor` tries.
    """

    kind: Kind
    text: str
    row: str | None = None

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.text}"


Source: TypeAlias = Document | Known


def observed(text: str) -> Known:
    """Return what was seen on a device; the text says on which release."""
    return Known(kind=Kind.OBSERVED, text=text)


def inferred(text: str) -> Known:
    """Return what follows from the other sources."""
    return Known(kind=Kind.INFERRED, text=text)


def not_proven(text: str, *, row: str) -> Known:
    """Return what no public source says, and the assumption's row."""
    return Known(kind=Kind.UNPROVEN, text=text, row=row)


def own_rule(text: str) -> Known:
    """Return what this program has decided by itself."""
    return Known(kind=Kind.OWN, text=text)


_TD: Final = "https://www.cisco.com/c/en/us/td/docs/security"
_GUIDE: Final = f"{_TD}/asa/asa{{0}}/configuration/general/asa-{{0}}-general-config"
_BUG: Final = "https://bst.cloudapps.cisco.com/bugsearch/bug"
_NTC: Final = (
    "https://github.com/networktocode/ntc-templates/tree/d0bc5a480fe935afb6d9f6806c795a0390aaec90/tests"
)
_GENIE: Final = (
    "https://github.com/CiscoTestAutomation/genieparser/tree/366d83b905995cc7f26524168e431af50dcde2d5"
)
_UNICON: Final = (
    "https://github.com/CiscoTestAutomation/unicon.plugins/tree/c42313050f64636a3a5482ecb42594add6686789"
)

# Cisco's own pages.
TAC: Final = Document(
    title="Cisco TAC document 225967, Troubleshoot ASA Smart Licensing Issues (21 May 2026)",
    address="https://www.cisco.com/c/en/us/support/docs/security/secure-firewall-asa/"
    "225967-troubleshoot-asa-smart-licensing-issues.html",
)
UPGRADE: Final = Document(
    title="Cisco ASA Upgrade Guide, planning, guidelines for 9.22 and 9.23",
    address=f"{_TD}/asa/upgrade/asa-upgrade/planning.html",
)
MANAGEMENT_GUIDE: Final = Document(
    title="Cisco ASA 9.22 general operations CLI guide, Management Access",
    address=f"{_GUIDE.format(922)}/admin-management.html",
)
FAILOVER_GUIDE: Final = Document(
    title="Cisco ASA 9.20 general operations CLI guide, Failover for High Availability",
    address=f"{_GUIDE.format(920)}/ha-failover.html",
)
CONTEXTS_GUIDE: Final = Document(
    title="Cisco ASA 9.20 general operations CLI guide, Multiple Context Mode",
    address=f"{_GUIDE.format(920)}/ha-contexts.html",
)
LICENSES_GUIDE: Final = Document(
    title="Cisco ASA 9.20 general operations CLI guide, Licenses: Smart Software Licensing",
    address=f"{_GUIDE.format(920)}/intro-license-smart.html",
)
NEW_IN_924: Final = Document(
    title="Cisco ASA 9.24 general operations CLI guide, New Features in ASA 9.24(1)",
    address=f"{_GUIDE.format(924)}/intro-intro.html",
)
FXOS: Final = Document(
    title="Cisco FXOS 2.16 CLI configuration guide, License Management for the ASA",
    address=f"{_TD}/firepower/fxos/fxos2160/cli-guide/b_CLI_ConfigGuide_FXOS_216/license_management.html",
)
COMMAND_REFERENCE: Final = Document(
    title="Cisco ASA command reference, S commands",
    address=f"{_TD}/asa/asa-cli-reference/S/asa-command-ref-S.html",
)
ASAC: Final = Document(
    title="Cisco DevNet, licensing of the ASA container (ASAc), with an answer to show license all",
    address="https://developer.cisco.com/docs/app-hosting/licensing",
)
ROOTS: Final = Document(
    title="Cisco, QuoVadis Root CA 2 Decommission, which lists field notice FN72103",
    address="https://tools.cisco.com/security/center/resources/Q-CA-Root-Change",
)
FN72306: Final = Document(
    title="Cisco field notice FN72306, QuoVadis Root CA 2 Decommission Might Affect Smart Licensing",
    address="https://www.cisco.com/c/en/us/support/docs/field-notices/723/fn72306.html",
)
CSCVR54794: Final = Document(title="Cisco bug ID CSCvr54794", address=f"{_BUG}/CSCvr54794")
CSCWR56980: Final = Document(title="Cisco bug ID CSCwr56980", address=f"{_BUG}/CSCwr56980")

# What Cisco has published as programs and models.
ASAV: Final = Document(
    title="CiscoDevNet/cisco-asav, Cisco's own templates and scripts for ASAv and its clusters",
    address="https://github.com/CiscoDevNet/cisco-asav",
)
SCCFM: Final = Document(
    title="CiscoDevNet/sccfm-devkit, Cisco's own commands and parsers for ASA",
    address="https://github.com/CiscoDevNet/sccfm-devkit",
)
YANG: Final = Document(
    title="Cisco IOS XE 16.12.1, YANG model cisco-smart-license, of the same licensing agent",
    address="https://github.com/YangModels/yang/blob/22c685f9b34430ef576af1d64911808ee8cdde64/"
    "vendor/cisco/xe/16121/cisco-smart-license.yang",
)
UNICON: Final = Document(
    title="Cisco unicon.plugins, recorded dialogues with ASAs",
    address=f"{_UNICON}/src/unicon/plugins/tests/mock_data/asa",
)
UNICON_FXOS: Final = Document(
    title="Cisco unicon.plugins, recorded dialogues with Firepower 2100",
    address=f"{_UNICON}/src/unicon/plugins/tests/mock_data/fxos",
)
GENIE: Final = Document(
    title="Cisco genieparser, recorded outputs of ASAs",
    address=f"{_GENIE}/src/genie/libs/parser/asa/tests",
)

# Outputs of real firewalls that others have recorded, and rules that others have proven.
NTC: Final = Document(
    title="ntc-templates, recorded answers of ASAs to show license all",
    address=f"{_NTC}/cisco_asa/show_license_all",
)
NTC_VERSION: Final = Document(
    title="ntc-templates, recorded answers of ASAs to show version",
    address=f"{_NTC}/cisco_asa/show_version",
)
NTC_FAILOVER: Final = Document(
    title="ntc-templates, recorded answers of ASAs to show failover",
    address=f"{_NTC}/cisco_asa/show_failover",
)
NTC_PING: Final = Document(
    title="ntc-templates, recorded answers of ASAs to ping",
    address=f"{_NTC}/cisco_asa/ping",
)
NTC_IOS: Final = Document(
    title="ntc-templates, recorded answers of IOS XE to show license status",
    address=f"{_NTC}/cisco_ios/show_license_status",
)
OXIDIZED: Final = Document(
    title="oxidized, recorded session with an ASA 5512 on 9.12(4)67",
    address="https://github.com/ytti/oxidized/blob/687ed4262d9d21e54662e872e2383386d8498f7b/"
    "spec/model/data/asa%235512_9.12-4-67_single-context%23simulation.yaml",
)
ANSIBLE: Final = Document(
    title="Ansible collection cisco.asa, recorded answer to show version",
    address="https://github.com/ansible-collections/cisco.asa/blob/c52384917876c0b84ff5a87e79d12934436d0c0b/"
    "tests/unit/modules/network/asa/fixtures/asa_facts_show_version",
)
NETSPOC: Final = Document(
    title="Netspoc-Approve, which has configured ASAs for years",
    address="https://github.com/hknutzen/Netspoc-Approve",
)
NETMIKO: Final = Document(
    title="netmiko, CiscoAsaSSH",
    address="https://github.com/ktbyers/netmiko",
)
VRNETLAB: Final = Document(
    title="vrnetlab, launch script of the ASAv",
    address="https://github.com/srl-labs/vrnetlab/blob/351fcba4db9a443b19a85915f1ffe70e8efbd815/"
    "cisco/asav/docker/launch.py",
)

# Standards.
RFC8332: Final = Document(
    title="RFC 8332, Use of RSA Keys with SHA-256 and SHA-512 in SSH",
    address="https://www.rfc-editor.org/rfc/rfc8332",
)
RFC9142: Final = Document(
    title="RFC 9142, Key Exchange Method Updates and Recommendations for SSH",
    address="https://www.rfc-editor.org/rfc/rfc9142",
)
OPENSSH: Final = Document(
    title="OpenSSH release notes: ssh-rsa off since 8.8, CBC since 6.7",
    address="https://www.openssh.com/releasenotes.html",
)
