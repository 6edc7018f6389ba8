"""Turn single-line pastes of licensing outputs back into lines that templates take.

Pure.  Published pages and chat windows lose line breaks: a whole section stands on one
line.  Such a line is taken apart only where it *begins* like a paste, i.e. with a section
heading that is followed by more text on its own line, which no firewall prints.  Every
other line is returned as the very object that came in, so the structure of a real output
always wins, also where a Smart Account is named `Transport: Type: Smart`.

The pieces keep the number of the line that they stood in.

Source: Cisco TAC document 225967, English and Chinese page.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence, Set

from asa_transport.core.parsing.lines import PROMPT_ECHO, Line, without_annotation

# A pasted `show license all` has about 1,500 characters; more is no paste of ours.
_LONGEST_PASTE = 20_000

# Where the customer's text may stand (`Smart Account: X`), only these may end it: a
# field of the same section or the section that always follows.
_REGISTRATION = (
    "Virtual Account:",
    "Export-Controlled Functionality:",
    "Initial Registration:",
    "Last Renewal Attempt:",
    "Next Renewal Attempt:",
    "Next Registration Attempt:",
    "Registration Expires:",
    "License Authorization:",
)
_LABELS = (
    *_REGISTRATION,
    "Smart Account:",
    "Smart Licensing is ENABLED",
    "Smart Licensing is DISABLED",
    "Smart Licensing hostname privacy:",
    "Callhome hostname privacy:",
    "Sending Hostname:",
    "Version privacy:",
    "Registration:",
    "Utility:",
    "Data Privacy:",
    "Transport:",
    "Export Authorization Key:",
    "Features Authorized:",
    "Status:",
    "Type:",
    "URL:",
    "Proxy:",
    "Address:",
    "Port:",
    "Username:",
    "Password:",
    "VRF:",
    "Failure reason:",
    "Evaluation Period Remaining:",
    "Last Communication Attempt:",
    "Next Communication Attempt:",
    "Communication Deadline:",
)
_FEATURES = (
    "Maximum Physical Interfaces",
    "Maximum VLANs",
    "Inside Hosts",
    "Failover",
    "Encryption-DES",
    "Encryption-3DES-AES",
    "Security Contexts",
    "GTP/GPRS",
    "Carrier",
    "AnyConnect Premium Peers",
    "AnyConnect Essentials",
    "Other VPN Peers",
    "Total VPN Peers",
    "VPN Load Balancing",
    "AnyConnect for Mobile",
    "AnyConnect for Cisco VPN Phone",
    "Advanced Endpoint Assessment",
    "Shared License",
    "Total UC Proxy Sessions",
    "Total TLS Proxy Sessions",
    "Botnet Traffic Filter",
    "IPS Module",
    "Cluster Members",
    "Cluster",
)
_FEATURE_HEADINGS = (
    "Licensed features for this platform:",
    "Failover cluster licensed features for this platform:",
    "Serial Number:",
)


def _any(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_LABEL = re.compile(rf"(?<!\S)(?:{_any(_LABELS)})(?!\S)")
_AFTER_ACCOUNT = re.compile(rf"(?<!\S)(?:{_any(_REGISTRATION)})(?!\S)")
_FEATURE = re.compile(rf"(?<!\S)(?:(?:{_any(_FEATURES)})(?=\s+:\s)|(?:{_any(_FEATURE_HEADINGS)})(?!\S))")
_ACCOUNT = ("Smart Account:", "Virtual Account:")

# A heading or the enabled line with more behind it, or a registration without its heading.
_PASTE = re.compile(
    r"(?P<heading>(?:Registration|License Authorization|Utility|Data Privacy|Transport):)[ \t]+\S"
    r"|Smart Licensing is (?:ENABLED|DISABLED)[ \t]+\S"
    r"|Status: (?:UN)?REGISTER.*? (?:Smart Account|Export-Controlled Functionality|Initial Registration): "
)
# The heading of an entitlement in `License Usage`, whose name may be any text.
_LONGEST_NAME = 200
_LONGEST_KEPT = 200
_ENTITLEMENT = re.compile(r"\(\S*\):\s*$")
_FEATURE_PASTE = re.compile(r"Licensed features for this platform:[ \t]+\S")
_NO_HEADING = re.compile(r"\s*Status: (?:UN)?REGISTER")
_ECHO = re.compile(
    PROMPT_ECHO.pattern + r"[a-z -]*(?=Smart Licensing|Registration:|Licensed features|Utility:)"
)
# What no line but the first of a section, output or block may be; all stand in column one.
_COLUMN_ONE = re.compile(
    r"(?:Registration|License Authorization|Utility|Data Privacy|Transport|License Usage):?(?:\s|$)"
    r"|Smart Licensing |Status: (?:UN)?REGISTER|Cisco Adaptive Security|Licensed features for "
)
# Sections that print a heading of their own in front of their first field.
_BARE_HEADINGS = frozenset(
    {"Registration:", "License Authorization:", "Utility:", "Data Privacy:", "Transport:", "Proxy:", "VRF:"}
)


def unflatten(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield the lines, with each single-line paste in pieces and a lost first heading put back."""
    margin = _margin(lines)
    # A section whose heading stands alone on a line is printed as the device prints it.
    whole = {line.text.rstrip() for line in lines if line.text.rstrip() in _BARE_HEADINGS}
    begun = False
    for line in lines:
        if line.fault is not None or not line.text.strip():
            yield line
            continue
        shown = Line(number=line.number, text=line.text[margin:]) if margin else line
        if not begun and _NO_HEADING.match(shown.text):
            yield Line(number=line.number, text="Registration:")
        # The echo of the command is no beginning of the output.
        begun = begun or PROMPT_ECHO.match(shown.text) is None
        if len(shown.text) <= _LONGEST_KEPT and _is_no_paste(shown.text):
            yield shown
        else:
            yield from _pieces(shown, whole)


# Most lines of a firewall stand in the same answer of the next one, letter by letter.
@functools.lru_cache(maxsize=2048)
def _is_no_paste(text: str) -> bool:
    """Return whether a line is one piece, whatever stands around it."""
    echo = _ECHO.match(text)
    body = text[echo.end() :] if echo else text
    return _PASTE.match(body) is None and _FEATURE_PASTE.match(body) is None


def is_paste(text: str) -> bool:
    """Return whether a line, without its echo, is such a paste: two fields of an output at least."""
    if len(text) > _LONGEST_PASTE or _ENTITLEMENT.search(text[-_LONGEST_NAME:]):
        return False
    if _PASTE.match(text):
        return sum(1 for _ in _LABEL.finditer(text)) > 1
    return _FEATURE_PASTE.match(text) is not None and sum(1 for _ in _FEATURE.finditer(text)) > 1


def begins_with_field(text: str) -> bool:
    """Return whether a line begins with a heading or a field of a licensing output."""
    return _LABEL.match(text.strip()) is not None


def _margin(lines: Sequence[Line]) -> int:
    """Return the blanks that every line begins with: a paste that was indented as a whole."""
    margin: int | None = None
    for line in lines:
        if line.text and not line.text[0].isspace():
            return 0
        if line.text.strip():
            width = len(line.text) - len(line.text.lstrip(" "))
            margin = width if margin is None else min(margin, width)
    if margin and any(_COLUMN_ONE.match(line.text, margin) for line in lines):
        return margin
    return 0


def _pieces(line: Line, whole: Set[str]) -> Iterator[Line]:
    text = line.text
    if len(text) > _LONGEST_PASTE:
        yield line
        return
    echo = _ECHO.match(text)
    body = text[echo.end() :] if echo else text
    paste = _PASTE.match(body)
    if paste and (paste["heading"] in whole or _ENTITLEMENT.search(body[-_LONGEST_NAME:])):
        paste = None
    if paste:
        starts = list(_license_starts(body))
    elif _FEATURE_PASTE.match(body):
        starts = [match.start() for match in _FEATURE.finditer(body)]
    else:
        yield line
        return
    if echo:
        yield Line(number=line.number, text=text[: echo.end()].rstrip())
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        yield from _halves(line.number, without_annotation(body[start:end]).strip())


def _license_starts(body: str) -> Iterator[int]:
    position, label = 0, _LABEL
    while match := label.search(body, position):
        yield match.start()
        position = match.end()
        label = _AFTER_ACCOUNT if match.group() in _ACCOUNT else _LABEL


def _halves(number: int, piece: str) -> Iterator[Line]:
    """Cut `Proxy: Not Supported` in two, as the device prints it; other fields stay whole."""
    heading, blank, rest = piece.partition(" ")
    if blank and heading in _BARE_HEADINGS and not rest.endswith(":"):
        yield Line(number=number, text=heading)
        yield Line(number=number, text=f"  {rest.strip()}")
    else:
        yield Line(number=number, text=piece)
