r"""Hide what must not leave with a text: passwords, keys, communities, tokens, private keys.

Pure; cannot fail.  Guarantees as many lines as it was given, the same result when applied
twice, and that the value behind a word that announces a secret is gone, wherever in the
line it stands.  In doubt it hides too much, because a hidden word can be read on the
device, and a password that is in a ticket cannot be called back.  What a device itself
has hidden (`*****`, `<removed>`) stays as it is, and so does what this program itself says.

Source: Cisco ASA command reference (`username`, `enable password`, `passwd`, `key`,
`pre-shared-key`, `snmp-server`, `failover key`, `license smart register`); RFC 3986 (user
information and query of a URL); RFC 7468 (private keys in text).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from asa_transport.asa.activation_keys import without_keys

HIDDEN: Final = "***"

# A line without any of these holds nothing to hide; most lines, so it is looked at first.
_HINTS: Final = re.compile(r"pass|token|key|secret|community|auth|priv|md5|cred|bearer|://|pw|[?&;#]|ikm")
# Lines repeat from device to device; a fleet's distinct lines are few.
_REMEMBERED: Final = 4096
# Words between an announcing word and the secret: the kind of its encryption, and the like.
_KINDS: Final = (
    r"(?:(?:[05678]|hex|ascii|encrypted|clear|level\s+\d+|type\s+\d+|md5|sha(?:-?\d+)?|hmac-\S+|aes(?:\s+(?:128|192|256))?"
    r"|3?des|cmac\S*)\s+)*"
)
# One word, or a text in quotes; not what is hidden already, by us or by the device.
_VALUE: Final = r"(?!(?:\*+|<removed>|<none>|<empty>)[\"']?(?:\s|$))(?:\"[^\"]*\"\S*|'[^']*'\S*|\S+)"
# Between a word and its value: blanks, `:` or `=`.
_GAP: Final = r"(?:\s*[:=]\s*|\s+)"
# What follows a bare `key` or `password` in a sentence; a configuration line does not go on so.
_PROSE: Final = (
    r"(?:is|was|are|were|has|had|of|for|or|and|in|the|that|than|by|with|to|from|at|on|as|it|not|no|but|may|must|will"
    r"|exchange|changed|unknown|rejected|differs|does|do|fingerprint|types?|algorithms?|file|authentication"
    r"|prompt|source|nor|itself|twice|once|again|into)[,;]?(?=\s+\S)"
)

# Words of our own remedies, reasons and hints that would read as a secret behind the word that announces it;
# each holds the first word of what would be hidden.  A test finds those that are missing here.
_OUR_WORDS: Final = re.compile(
    "|".join(
        (
            r"idtoken TOKEN(?: force)?(?=['\s]|$)",
            r"--key FILE(?=['\s]|$)",
            r"activation key \(PAK\)",
            r"person with a token: each unit",
            r"(?:person makes|again: make) a token in\b",
            r"SHA-1 key exchanges?\b",
            r"^key exchanges?$",
            r"host key algorithms\b",
            r"ECDSA key there\b",
            r"host key: 'crypto key generate",
            r"the new key: 'asa-transport",
            r"host key too \(",
            r"host key signatures?\b",
            r"key-exchange group\b",
            r"with (?:a|the) key alone\b",
            r"has it the key still\b",
            r"give the credential a password\b",
            r"has a passphrase: an agent\b",
            r"crypto key generate (?:ecdsa|rsa)\b",
            r"with (?:the|a) password alone\b",
            r"share a name or a key \(",
            r"signers give the key '",
            r"the credential '",
            r"enrol the key itself\b",
            r"^warning: credential \S+: ",
            r"the key '[^']*' stands there twice",
            r"unknown key '[^']*'",
            r"it has no secret: '",
        )
    )
)

_QUERY: Final = re.compile(r"(?i)token|key|secret|sig|pass|pwd|auth|code|cred|session|jwt")

_Replacement: TypeAlias = str | Callable[[re.Match[str]], str]
_Rule: TypeAlias = tuple[re.Pattern[str], _Replacement]


def _announced(words: str, kinds: str = _KINDS, *, value: str = _VALUE) -> _Rule:
    return re.compile(rf"(?i)((?<![\w.-])(?:{words}){_GAP}{kinds}){value}"), rf"\1{HIDDEN}"


def _query(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}={HIDDEN}" if _QUERY.search(found[2]) else found[0]


# In this order: the longer announcements first.
_RULES: Final[tuple[_Rule, ...]] = (
    # User information of a URL, then the secrets of its query.
    (re.compile(r"(?i)((?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://)[^\s/?#]*@"), rf"\1{HIDDEN}@"),
    (re.compile(r"([?&;#])([^\s=&;#?]{1,80})=[^\s&;#]+"), _query),
    _announced(r"(?:proxy-)?authorization:?\s+(?:bearer|basic|digest|negotiate)|bearer", ""),
    _announced(r"license\s+smart\s+register\s+idtoken|id[-_ ]?token|(?:access|refresh|auth|api)[-_ ]?token"),
    # Five words in hexadecimal, of `show version` and `activation-key`.
    (
        re.compile(r"(?i)(activation[- ]key(?:\s*:|\s+(?=0x))\s*)(?!\*\*\*\s*$)\S.*"),
        rf"\1{HIDDEN}",
    ),
    # Both secrets of an SNMPv3 user: `auth sha X priv aes 128 Y`.
    (
        re.compile(
            rf"(?i)(\b(?:auth|priv)\s+(?:(?:encrypted)\s+)?(?:md5|sha(?:-?\d+)?|3?des|aes(?:\s+(?:128|192|256))?)\s+)"
            rf"{_VALUE}"
        ),
        rf"\1{HIDDEN}",
    ),
    _announced(r"snmp-server\s+community|community(?:-string)?(?=\s+\S)"),
    _announced(r"(?<!the )enable\s+(?:password|secret)|username\s+\S+\s+(?:password|secret)|passwd"),
    _announced(
        r"[\w-]*pre-shared-key|[\w-]*(?:authentication|storage|encryption|digest)-key(?:\s+\d+)?|key-string"
        r"|key\s+config-key\s+password-encryption|failover\s+key|isakmp\s+key|cluster\s+key"
        r"|[\w-]*-(?:password|passwd|secret|passphrase|pw)"
    ),
    _announced(r"md5|key-hash\s+\S+|ikm|password-hash", r"(?:[05678]\s+)?"),
    # Anywhere else, also in a sentence: not where the sentence visibly goes on.
    _announced(
        r"(?:[\w-]*[_-])?(?:key|password|passphrase|secret|token|credential)", value=rf"(?!{_PROSE}){_VALUE}"
    ),
)
_PEM: Final = re.compile(
    r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)(.*?)(-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL
)


def masked(text: str) -> str:
    """Return the text with every secret in it replaced by `***`; line ends stay as they are."""
    if "PRIVATE KEY-----" in text:
        text = _PEM.sub(_without_body, text)
    text = without_keys(text)
    return "\n".join(map(_line, text.split("\n")))


def _without_body(found: re.Match[str]) -> str:
    """Return a private key without what is between its first and last line, as many lines as before."""
    body = "\n".join(HIDDEN if line.strip() else line for line in found[2].split("\n"))
    return found[1] + body + found[3]


@lru_cache(maxsize=_REMEMBERED)
def _line(line: str) -> str:
    """Apply the rules until nothing changes: what one rule leaves may be another's."""
    if not _HINTS.search(line.lower()):
        return line
    while True:
        before = line
        for pattern, replacement in _RULES:
            line = pattern.sub(_but_for_ours(replacement, line), line)
        if line == before:
            return line


def _but_for_ours(replacement: _Replacement, line: str) -> _Replacement:
    """Return the replacement, which leaves what begins within words of our own."""
    ours = [found.span() for found in _OUR_WORDS.finditer(line)]
    if not ours:
        return replacement

    def replaced(found: re.Match[str]) -> str:
        value_at = found.end(1)
        if any(start < value_at < end for start, end in ours):
            return found[0]
        return found.expand(replacement) if isinstance(replacement, str) else replacement(found)

    return replaced
