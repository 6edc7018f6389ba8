"""Tell which command a person typed or named a file after, however it was abbreviated.

Pure.  Answers with one of the commands that the program reads, in full, or with nothing:
a command with a filter (`| include`) or an argument more is another command, because its
output is a part or something else, and a part that passes for the whole would say that
the rest is not configured.  The one filter that the program types itself is known as such.

Source: abbreviations as an ASA takes them (operator knowledge); the least letters of each
command stand in its row (`commands`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from typing import Final

from asa_transport.asa.commands import COMMANDS, CONFIG, STARTUP

# In the order in which an audit asks, so that saved answers are read in that order too.
KNOWN: Final = tuple(row.text for row in COMMANDS if row.template is not None)
_WORDS: Final = {
    row.text: tuple(
        (least, least + rest) for least, _, rest in (word.partition("|") for word in row.spelling.split())
    )
    for row in COMMANDS
    if row.spelling is not None
}
_TYPED = re.compile(r"[a-z0-9 \t-]{2,100}")
# Oxidized and others read the configuration so, because it shows the keys.
_MORE_CONFIG = re.compile(r"more\s+system:running-config")
_TECH = re.compile(r"sh(?:ow?)?\s+tec[a-z-]*(?:\s+(?:no-config|detail))?", re.IGNORECASE)
# What ends a session where it is typed outside configuration mode.
_LEAVE = r"exi?t?|qu(?:it?)?|logo(?:ut?)?"
_LEAVING = re.compile(rf"(?:{_LEAVE})", re.IGNORECASE)
_AROUND = re.compile(rf"(?:en(?:a|ab|abl|able)?|{_LEAVE}|disable|end|ter[a-z]*\s.*)\s*\Z", re.IGNORECASE)
# Words that a line begins with which a person types at a prompt; prose holds shorter ones too.
_EXEC = re.compile(
    r"(?:sh(?:ow?)?|en(?:able)?|ter[a-z]*|conf[a-z]*|changeto|exit|quit|logout|end|more|ping|wr[a-z]*|copy|dir"
    r"|reload|failover|license|debug|clear|no|packet-tracer|cluster)(?:\s|$)",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\.(?:txt|log|out|cfg|conf|config|bak)\Z", re.IGNORECASE)
# A date, and a time, behind a host's name.
_DATE_BEHIND = re.compile(
    r"[_.@ -]?20[0-9]{2}[-_.]?[01][0-9][-_.]?[0-3][0-9]"
    r"(?:[-_.T ]?[0-2][0-9][-_.:]?[0-5][0-9](?:[-_.:]?[0-5][0-9])?)?Z?\Z"
)
# A word behind `show failover` and the like that makes another command of it; any other is a
# host's name.  Behind `show running-config` almost every word is one, so a host there has a digit.
_MORE_WORDS = re.compile(
    r"all|brief|config|count|descriptor|detail|details|entitlement|exec|features|group|help|history"
    r"|include|interface|state|statistics|summary|system|usage|udi|tech|support|status|info"
    r"|registration"
)
_SECTIONS_WITH_DIGITS = re.compile(
    r"(?:ikev|ipv|ospfv|snmpv|sha|md|aes|pop|imap|crypto|ssh|ssl|tls|ntpv)[0-9]"
)
# What follows `show` in commands that are commonly saved and that this program does not read.
_OTHER_COMMANDS = re.compile(
    r"aaa|access|arp|asp|blocks|bgp|capture|checkheaps|checksum|cluster|conn|context|counters|cpu"
    r"|crashinfo|crypto|curpriv|debug|dhcpd|dns|disk0|eigrp|environment|facility|failover|firewall"
    r"|flash|fragment|history|igmp|int|interface|interfaces|inv|inventory|ip|ipsec|ipv6|isakmp|kernel"
    r"|license|log|logging|mac|memory|mode|module|mroute|nameif|nat|ntp|object|ospf|perfmon|port"
    r"|power|processes|reload|resource|route|run|running|service|shun|snmp|ssh|ssl|startup|switch"
    r"|sysopt|tcpstat|threat|time|traffic|track|uauth|users|ver|version|vlan|vpn|vpnclient|webvpn"
    r"|xlate|zone"
)
_TOKEN = re.compile(r"[a-z0-9]+")
_SEPARATORS = "_-. @+"
_STARTUP_WORDS = _TOKEN.findall(STARTUP.lower())


def typed(text: str) -> str | None:
    """Return the known command that this abbreviates: ``sh run lic`` -> ``show running-config license``."""
    text = text.strip()
    if text == STARTUP:
        return STARTUP
    text = text.lower()
    if _MORE_CONFIG.fullmatch(text):
        return CONFIG
    if not _TYPED.fullmatch(text):
        return None
    return _resolve([word.replace("-", "") for word in text.split()])


def is_tech_support(text: str) -> bool:
    """Return whether this is `show tech-support`, the output that holds others under headings."""
    return _TECH.fullmatch(text.strip()) is not None


def is_exec(text: str) -> bool:
    """Return whether a person types such a line at an ASA's prompt."""
    return _EXEC.match(text) is not None


def is_leaving(text: str) -> bool:
    """Return whether this ends a session, at a prompt outside configuration mode."""
    return _LEAVING.fullmatch(text) is not None


def is_entering_or_leaving(text: str) -> bool:
    """Return whether this is how a session is entered, set up or left, which says nothing of the device."""
    return _AROUND.match(text) is not None


def is_configure(text: str) -> bool:
    """Return whether a person enters configuration mode so."""
    return text.lower().startswith(("conf t", "configure"))


def of_file(name: str, hosts: Set[str] = frozenset()) -> tuple[str, str] | None:
    """Return what stands before the command in a file's name, and the command; `None` where it names none.

    ``show_version.txt`` -> ``("", "show version")``;
    ``fw-par-01_show-lic-all.log`` -> ``("fw-par-01", "show license all")``.
    ``show_version_fw-par-01.txt`` -> ``("fw-par-01", "show version")``.
    Numbers before it (an order) or behind it (a date) mean nothing; a word behind it that is
    one of a command makes another command of it, any other is the host's name.  `show` may be
    missing where the rest is written out.

    Args:
        hosts: Names that are known to be hosts' already.
    """
    # File systems take 255 bytes; longer is not a name.
    stem = _SUFFIX.sub("", name)[:255]
    tokens = list(_TOKEN.finditer(stem.lower()))
    while len(tokens) > 1 and tokens[-1].group().isdigit():
        tokens.pop()
    words = [token.group() for token in tokens]
    for index, token in enumerate(tokens):
        command = STARTUP if words[index:] == _STARTUP_WORDS else _resolve(_joined(words[index:]))
        if command is not None:
            is_number = all(word.isdigit() for word in words[:index])
            return "" if is_number else stem[: token.start()].strip(_SEPARATORS), command
    first = _before_host(stem, hosts)
    if first is not None:
        return first
    rest = _joined(word for word in words if not word.isdigit())
    command = _resolve(["show", *rest])
    is_plain = len(rest) > 1 or rest in (["version"], ["runningconfig"])
    return ("", command) if command is not None and is_plain else None


def _before_host(stem: str, hosts: Set[str]) -> tuple[str, str] | None:
    """Return the host and the command of a name that begins with the command."""
    stem = _DATE_BEHIND.sub("", stem)
    tokens = list(_TOKEN.finditer(stem.lower()))
    if not tokens or not "show".startswith(tokens[0].group()):
        return None
    words = [token.group() for token in tokens]
    for end in range(min(len(words) - 1, 6), 1, -1):
        command = _resolve(_joined(words[:end]))
        if command is None:
            continue
        host = stem[tokens[end].start() :].strip(_SEPARATORS)
        is_host = _MORE_WORDS.fullmatch(words[end]) is None
        if command.startswith(CONFIG):
            has_digit = any(character.isdigit() for character in host)
            is_host = is_host and has_digit and _SECTIONS_WITH_DIGITS.match(words[end]) is None
        # Behind a dot stands the ending of a file that is none of ours.
        is_apart = stem[tokens[end].start() - 1] != "."
        return (host, command) if host and is_apart and (is_host or host in hosts) else None
    return None


def other_of_file(name: str) -> str | None:
    """Return the command after which a file is named, where it is none that the program reads."""
    stem = _SUFFIX.sub("", name)[:255]
    words = [token.group() for token in _TOKEN.finditer(stem.lower())]
    while words and words[-1].isdigit():
        words.pop()
    for index, word in enumerate(words[:-1]):
        if len(word) > 1 and "show".startswith(word) and _OTHER_COMMANDS.fullmatch(words[index + 1]):
            return " ".join(["show", *words[index + 1 :]])
    return None


def without_suffix(name: str) -> str:
    """Return a file's name without `.txt`, `.cfg` and the like; another ending may be a domain's."""
    return _SUFFIX.sub("", name) or name


def _resolve(words: Sequence[str]) -> str | None:
    for command, grammar in _WORDS.items():
        if len(words) == len(grammar) and all(
            word.startswith(least) and full.startswith(word)
            for word, (least, full) in zip(words, grammar, strict=True)
        ):
            return command
    return None


def _joined(words: Iterable[str]) -> list[str]:
    """Join what a separator cut in two: `running`, `config` and `call`, `home`."""
    joined: list[str] = []
    for word in words:
        before = joined[-1] if joined else ""
        if len(word) >= 4 and "config".startswith(word) and before.startswith("ru"):
            joined[-1] = "runningconfig" if "running".startswith(before) else before + word
        elif (
            len(word) >= 4 and "config".startswith(word) and len(before) >= 4 and "startup".startswith(before)
        ):
            joined[-1] = "startupconfig"
        elif before == "call" and word == "home":
            joined[-1] = "callhome"
        else:
            joined.append(word)
    return joined
