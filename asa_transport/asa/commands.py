"""Every line that this program types at a firewall, or reads the answer to, each as one row of a table.

Pure.  A row says when a line is typed, which template reads its answer, and how a person shortens
it.  What an audit may send is a closed list that follows from the rows (`READS`), because `show`
is not harmless: `| redirect`, `| append` and `| tee` write files, and so does `show tech-support
file`, which may be shortened to `show tech file` (ASA command reference).  A new command gets its
row here.  The lines of a change itself are in `licensing`.

Source: CiscoDevNet/cisco-asav and sccfm-devkit (licensing); ntc-templates, unicon.plugins and
oxidized (other outputs, `changeto`, the pager); the least letters of a
spelling are those that leave no other `show` command that is commonly typed (operator knowledge).
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

ENABLE: Final = "enable"
PAGER_OFF: Final = "terminal pager 0"
EXIT: Final = "exit"
MODE: Final = "show mode"
CONTEXTS: Final = "show context"
SYSTEM: Final = "changeto system"
VERSION: Final = "show version"
LICENSE_STATUS: Final = "show license status"
LICENSE_ALL: Final = "show license all"
LICENSE_SUMMARY: Final = "show license summary"
LICENSE_USAGE: Final = "show license usage"
CONFIG: Final = "show running-config"
CONFIG_LICENSE: Final = "show running-config license"
CONFIG_ALL_LICENSE: Final = "show running-config all license"
CONFIG_CALL_HOME: Final = "show running-config call-home"
CONFIG_CLOCK: Final = "show running-config clock"
CONFIG_DNS: Final = "show running-config dns"
FAILOVER: Final = "show failover"
CLUSTER: Final = "show cluster info"
CLOCK: Final = "show clock"
CHECKSUM: Final = "show checksum"
WHOLE_STARTUP: Final = "show startup-config"
# The first words of the licence block's own lines that the filter below lets through; what a
# running block has beside them cannot be looked for in its answer.
STARTUP_SHOWS: Final = ("license smart", " feature", " throughput", " transport", " privacy")
# Who saved the startup configuration and when, its licence block, and its checksum: a whole one
# holds digests of secrets.  Whether `| include` keeps lines that begin with `:` is unproven
# (`filter-keeps-colon`), so that the first may be missing.
STARTUP: Final = (
    f"{WHOLE_STARTUP} | include ^: Written|{'|'.join(f'^{words}' for words in STARTUP_SHOWS)}|^Cryptochecksum"
)
# Who changed the configuration last, and when, without all else that `show version` says.
LAST_CHANGE: Final = f"{VERSION} | include ^Configuration"
CONFIGURE: Final = "configure terminal"
END: Final = "end"
RENEW: Final = "license smart renew auth"
SAVE: Final = "write memory"
# The answer to the question about anonymous reporting that decides nothing (recorded by unicon.plugins).
ASK_LATER: Final = "A"


class Asked(enum.Enum):
    """When a line is typed."""

    SESSION = enum.auto()
    """To enter a session and to leave it."""
    FIRST = enum.auto()
    """By every audit, ahead of all else."""
    MULTIPLE = enum.auto()
    """By an audit in multiple-context mode, after the first ones."""
    ALWAYS = enum.auto()
    """By every audit, in the order of the rows."""
    WHERE_OPEN = enum.auto()
    """By an audit whose first answers leave the transport, a time zone or unsaved changes open."""
    PUSH = enum.auto()
    """By a push that looks, beside what an audit asks."""
    CHANGE = enum.auto()
    """By a committed push alone: what frames the lines of a change."""
    OFFLINE = enum.auto()
    """By nobody here: a person saved its answer."""


class Kind(enum.Flag):
    """What is known of a command's answer, beside its template."""

    PLAIN = 0
    # A line of it that no template knows may be about the transport, the registration or the
    # authorization, and is put there by its words.
    LICENSE = enum.auto()
    # Its answer exists as a paste on a single line (TAC document 225967).
    PASTE = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One line.

    Attributes:
        template: File name, without its ending, of the TextFSM template that reads the answer;
            `None` where nothing reads it, or where it is read as it is.
        spelling: What a person types for it, word by word; what must be typed stands before the
            bar, hyphens are left out.  `None` where nobody types it by hand and saves the answer.
    """

    text: str
    asked: Asked
    template: str | None = None
    kind: Kind = Kind.PLAIN
    spelling: str | None = None


COMMANDS: Final = (
    Command(text=ENABLE, asked=Asked.SESSION),
    Command(text=PAGER_OFF, asked=Asked.SESSION),
    Command(text=EXIT, asked=Asked.SESSION),
    Command(text=MODE, asked=Asked.FIRST, template="cisco_asa_show_mode", spelling="sh|ow mod|e"),
    # The licence is configured in the system execution space (unproven, `license-in-system`).
    Command(text=SYSTEM, asked=Asked.MULTIPLE),
    Command(
        text=CONTEXTS, asked=Asked.MULTIPLE, template="cisco_asa_show_context", spelling="sh|ow conte|xt"
    ),
    Command(
        text=VERSION,
        asked=Asked.ALWAYS,
        template="cisco_asa_show_version",
        kind=Kind.PASTE,
        spelling="sh|ow ver|sion",
    ),
    Command(
        text=LICENSE_STATUS,
        asked=Asked.ALWAYS,
        template="cisco_asa_show_license_status",
        kind=Kind.LICENSE | Kind.PASTE,
        spelling="sh|ow lic|ense st|atus",
    ),
    Command(
        text=LICENSE_ALL,
        asked=Asked.ALWAYS,
        template="cisco_asa_show_license_all",
        kind=Kind.LICENSE | Kind.PASTE,
        spelling="sh|ow lic|ense al|l",
    ),
    Command(
        text=CONFIG_LICENSE,
        asked=Asked.ALWAYS,
        template="cisco_asa_show_running_config_license",
        kind=Kind.LICENSE,
        spelling="sh|ow ru|nningconfig lic|ense",
    ),
    Command(
        text=CONFIG_CALL_HOME,
        asked=Asked.ALWAYS,
        template="cisco_asa_show_running_config_call_home",
        kind=Kind.LICENSE,
        spelling="sh|ow ru|nningconfig call|home",
    ),
    Command(
        text=FAILOVER, asked=Asked.ALWAYS, template="cisco_asa_show_failover", spelling="sh|ow fail|over"
    ),
    Command(
        text=CLUSTER,
        asked=Asked.ALWAYS,
        template="cisco_asa_show_cluster_info",
        spelling="sh|ow clu|ster inf|o",
    ),
    # Its filter is the one that this program types itself.
    Command(text=STARTUP, asked=Asked.ALWAYS, template="cisco_asa_show_startup_config"),
    # Last of these: no time that the others show is after it, unless the clock was set back.
    Command(text=CLOCK, asked=Asked.ALWAYS, template="cisco_asa_show_clock", spelling="sh|ow clo|ck"),
    Command(
        text=CONFIG_ALL_LICENSE,
        asked=Asked.WHERE_OPEN,
        template="cisco_asa_show_running_config_all_license",
        kind=Kind.LICENSE,
        spelling="sh|ow ru|nningconfig al|l lic|ense",
    ),
    # A zone's name means what this device's configuration says it means.
    Command(
        text=CONFIG_CLOCK,
        asked=Asked.WHERE_OPEN,
        template="cisco_asa_show_running_config_clock",
        kind=Kind.LICENSE,
        spelling="sh|ow ru|nningconfig clo|ck",
    ),
    # The second witness, where the times do not say that all is saved.
    Command(
        text=CHECKSUM,
        asked=Asked.WHERE_OPEN,
        template="cisco_asa_show_checksum",
        spelling="sh|ow chec|ksum",
    ),
    Command(text=LAST_CHANGE, asked=Asked.PUSH),
    Command(text=CONFIGURE, asked=Asked.CHANGE),
    Command(text=END, asked=Asked.CHANGE),
    Command(text=RENEW, asked=Asked.CHANGE),
    Command(text=SAVE, asked=Asked.CHANGE),
    Command(
        text=WHOLE_STARTUP,
        asked=Asked.OFFLINE,
        template="cisco_asa_show_startup_config",
        spelling="sh|ow star|tupconfig",
    ),
    Command(
        text=LICENSE_SUMMARY,
        asked=Asked.OFFLINE,
        template="cisco_asa_show_license_summary",
        kind=Kind.LICENSE | Kind.PASTE,
        spelling="sh|ow lic|ense su|mmary",
    ),
    # An entitlement's name is the customer's text, so that its words prove nothing.
    Command(
        text=LICENSE_USAGE,
        asked=Asked.OFFLINE,
        template="cisco_asa_show_license_usage",
        kind=Kind.PASTE,
        spelling="sh|ow lic|ense us|age",
    ),
    Command(
        text=CONFIG,
        asked=Asked.OFFLINE,
        template="cisco_asa_show_running_config",
        kind=Kind.LICENSE,
        spelling="sh|ow ru|nningconfig",
    ),
    Command(
        text=CONFIG_DNS,
        asked=Asked.OFFLINE,
        template="cisco_asa_show_running_config_dns",
        kind=Kind.LICENSE,
        spelling="sh|ow ru|nningconfig dns|",
    ),
)


def asked(*when: Asked) -> tuple[str, ...]:
    """Return the lines that are typed at these times, in the order in which they are."""
    return tuple(row.text for row in COMMANDS if row.asked in when)


# Every line that an audit may send, as it is typed, beside those with a word of their own below.
READS: Final = frozenset(row.text for row in COMMANDS if row.asked not in (Asked.CHANGE, Asked.OFFLINE))
# What frames a change, beside the lines of the plan themselves.
CHANGE_FRAME: Final = frozenset(asked(Asked.CHANGE))
# What an audit asks: what no answer leads to, and what some do.
ALWAYS: Final = asked(Asked.ALWAYS)

_PING: Final = "ping tcp"
_PING_TEMPLATE: Final = "cisco_asa_ping_tcp"
_PING_LINE: Final = re.compile(rf"{_PING} [A-Za-z0-9.-]{{1,253}} [0-9]{{1,5}}")
_TO_CONTEXT: Final = "changeto context"
# A context's name: letters, digits, `-`, at most 32 (ASA configuration guide; `_` and `.`
# are taken too, because the device decides).
_TO_CONTEXT_LINE: Final = re.compile(rf"{_TO_CONTEXT} [A-Za-z0-9_.-]{{1,64}}")
_TEMPLATES: Final = {row.text: row.template for row in COMMANDS}
_KINDS: Final = {row.template: row.kind for row in COMMANDS if row.template is not None}
# Each template's name once; a user's own template of another name reads nothing.
TEMPLATES: Final = (*_KINDS, _PING_TEMPLATE)


def to_context(name: str) -> str:
    """Return the line that goes to a context."""
    return f"{_TO_CONTEXT} {name}"


def is_to_context(line: str) -> bool:
    """Return whether this line, exactly so, goes to a context."""
    return _TO_CONTEXT_LINE.fullmatch(line) is not None


def ping_tcp(host: str, port: int) -> str:
    """Return the line that opens five TCP connections to a server (unproven, `ping-tcp-lines`)."""
    return f"{_PING} {host} {port}"


def is_ping_tcp(line: str) -> bool:
    """Return whether this line begins as `ping_tcp`, whatever it names."""
    return line.startswith(f"{_PING} ")


def is_whole_ping_tcp(line: str) -> bool:
    """Return whether this line, exactly so, is one of `ping_tcp`."""
    return _PING_LINE.fullmatch(line) is not None


def template_of(line: str) -> str | None:
    """Return the name of the template that reads the answer to a line; `None` where there is none.

    A line with an argument or a filter more is another one: `show running-config interface` must
    not be read as the whole configuration.
    """
    return _PING_TEMPLATE if is_ping_tcp(line) else _TEMPLATES.get(line)


def kind_of(template: str) -> Kind:
    """Return what is known of the answers that a template reads."""
    return _KINDS.get(template, Kind.PLAIN)
