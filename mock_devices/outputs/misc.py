"""Print the short answers: clock, context, ping, write memory, error texts.

Source: genieparser (`show context`); ntc-templates (`ping`); oxidized (login lines, `show
mode`); unicon.plugins (errors, the anonymous-reporting question); observed on ASAv, its release
not said (`write memory`).
"""

from __future__ import annotations

from datetime import datetime

from mock_devices.outputs.license import MONTHS
from mock_devices.platforms import digest

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

INVALID = "ERROR: % Invalid input detected at '^' marker."
INCOMPLETE = "ERROR: % Incomplete command"
# The words are recorded, the quoted input after them is unproven.
AMBIGUOUS = "ERROR: % Ambiguous command:  "
DENIED = "ERROR: Command authorization failed"

STANDBY_WARNING = [
    "**** WARNING ****",
    "        Configuration Replication is NOT performed from Standby unit to Active unit.",
    "        Configurations are no longer synchronized.",
]

ANONYMOUS_NOTICE = [
    "",
    "***************************** NOTICE *****************************",
    "",
    "Help to improve the ASA platform by enabling anonymous reporting,",
    "which allows Cisco to securely receive minimal error and health",
    "information from the device. To learn more about this feature,",
    "please visit: http://www.cisco.com/go/smartcall",
    "",
    "Would you like to enable anonymous error reporting to help improve",
]
ANONYMOUS_QUESTION = "the product? [Y]es, [N]o, [A]sk later: "


def caret(column: int) -> list[str]:
    """Return the marker line below the bad character, and the error."""
    return [" " * column + "^", INVALID]


def stamp(local: datetime, zone: str) -> str:
    """Print `12:34:56.789 CEST Mon Jan 12 2026`."""
    day = f"{DAYS[local.weekday()]} {MONTHS[local.month - 1]} {local.day} {local.year}"
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03} {zone} {day}"


def short_stamp(local: datetime, zone: str) -> str:
    """Print `20:01:14 CEST Oct 21 2024`, as the login lines do."""
    return f"{local:%H:%M:%S} {zone} {MONTHS[local.month - 1]} {local.day} {local.year}"


def show_context(names: tuple[str, ...], admin: str, *, whole: bool) -> list[str]:
    """Print `show context`; a user context sees only itself."""
    lines = ["Context Name      Class                Interfaces           Mode         URL"]
    for number, name in enumerate(names):
        shown = f"{'*' if name == admin else ' '}{name}"
        vlans = f"Vlan{100 + number * 100},Vlan{101 + number * 100}"
        lines.append(f"{shown:<17} {'default':<20} {vlans:<20} {'Routed':<12} disk0:/{name}.cfg")
    if whole:
        lines += ["", f"Total active Security Contexts: {len(names)}"]
    return lines


def checksum(text: str) -> str:
    """Return 32 hexadecimal digits that change with the configuration."""
    return digest(text, 32)


def grouped(digits: str) -> str:
    """Return the 32 digits in four groups, as `write memory` prints them."""
    return " ".join(digits[start : start + 8] for start in range(0, 32, 8))


def write_memory(text: str, *, per_second: bool) -> list[str]:
    """Print the answer of `write memory`, of which `[OK]` is the proof."""
    total = checksum(text)
    size = len(text)
    copied = f"{size} bytes copied in 0.240 secs"
    if per_second:
        copied = f"{size}  bytes copied in 1.120 secs ({size} bytes/sec)"
    return ["Building configuration...", f"Cryptochecksum: {grouped(total)} ", "", copied, "[OK]"]


def ping_tcp(address: str, port: int, reach: str) -> list[str]:
    """Print `ping tcp HOST PORT` (unproven)."""
    marks = {"open": "!!!!!", "refused": "RRRRR"}.get(reach, "?????")
    lines = [
        "Type escape sequence to abort.",
        "No source specified. Pinging from identity interface.",
        f"Sending 5 TCP SYN requests to {address} port {port}",
        "from 198.51.100.1 starting port 1024, timeout is 2 seconds:",
        marks,
    ]
    if reach == "open":
        return [*lines, "Success rate is 100 percent (5/5), round-trip min/avg/max = 12/14/17 ms"]
    return [*lines, "Success rate is 0 percent (0/5)"]


def ping(address: str, reach: str) -> list[str]:
    """Print `ping HOST` (ntc-templates)."""
    lines = [
        "Type escape sequence to abort.",
        f"Sending 5, 100-byte ICMP Echos to {address}, timeout is 2 seconds:",
    ]
    if reach == "open":
        return [*lines, "!!!!!", "Success rate is 100 percent (5/5), round-trip min/avg/max = 1/2/10 ms"]
    return [*lines, "U..U." if reach == "refused" else "?????", "Success rate is 0 percent (0/5)"]
