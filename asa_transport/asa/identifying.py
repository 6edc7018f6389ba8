"""Where an ASA's answers name somebody: a host, an address, a user, an account, a serial number, a server.

Pure.  The one list.  A position is a beginning of a line with one or more places in it, each named after
the kind of what stands there (a digit behind the name makes a second one of it).  `own` is what only looks
like somebody's: a release with four numbers is no address.  Patterns look at lines of at most a thousand
characters, begin at the line's beginning, and cost no more than its length times a small number.

Source: as the templates of the same outputs; ASA command reference (`call-home`, `dns`, `username`).
"""

from __future__ import annotations

import enum
import re
from typing import Final


class Kind(enum.StrEnum):
    """What is replaced, as the list of a capture calls it."""

    NAME = "name"
    ACCOUNT = "account"
    USER = "user"
    SERVER = "server"
    ADDRESS = "address"
    HARDWARE_ADDRESS = "hardware address"
    SERIAL = "serial number"
    EMAIL = "mail address"
    IDENTIFIER = "identifier"
    KEY = "key or code"
    CHECKSUM = "checksum"
    FILE = "file"
    TEXT = "free text"


# What the places of the patterns are called; a URL is taken apart.
OWN: Final = "own"
URL: Final = "url"
PLACES: Final = {
    "name": Kind.NAME,
    "account": Kind.ACCOUNT,
    "user": Kind.USER,
    "server": Kind.SERVER,
    "serial": Kind.SERIAL,
    "email": Kind.EMAIL,
    "key": Kind.KEY,
    "checksum": Kind.CHECKSUM,
    "file": Kind.FILE,
    "text": Kind.TEXT,
}

# A release that looks like an address.
_RELEASE: Final = r"\d{1,3}(?:\.\d{1,5}){3}(?![\w.])"
# What stands in front of a telephone number.
_PHONE: Final = r"(?i:\b(?:tel|telephone|phone|fax|mobile|hotline|call)\b)"
# In which form a secret is written.
_FORM: Final = r"(?:(?:[0-8]|hex) )?"
_AT: Final = r"(?= at \d\d?:\d\d:\d\d)"
_POSITIONS: Final = (
    # show version
    r"-{3,40}\[ (?P<name>\S+) \]-{3,40}",
    r"(?!failover cluster up )(?P<name>\S+) up \d+ (?:year|day|hour|min|sec)s?\b",
    r"(?:Cisco Adaptive Security Appliance Software|ASA|NGFW) Version\s+\S+\s+<(?P<name>[^<>]+)>",
    rf"(?:Cisco Adaptive Security Appliance Software|ASA|NGFW) Version\s+(?P<own>{_RELEASE})",
    rf"(?:SSP|Firepower Extensible) Operating System Version (?P<own>{_RELEASE})",
    rf"Device Manager Version (?P<own>{_RELEASE})",
    r'System image file is "(?P<file>[^"]*)"',
    r'Config file at boot was "(?P<file>[^"]*)"',
    r"Compiled on [\w :,-]{1,60} by (?P<user>\S+)",
    r":? ?Serial Number:\s*(?P<serial>\S+)\s*$",
    r"\s*(?P<own>Inside Hosts)\s+:",
    rf"Configuration last modified by (?P<user>.+){_AT}",
    rf": Written by (?P<user>.+){_AT}",
    # show license …
    r"\s*(?:Smart|Virtual) Account:\s*(?P<account>.*\S)",
    r"\s*Custom I[Dd]:\s*(?P<account>.*\S)",
    r"\s*URL:\s*(?P<url>\S+)",
    r"\s*(?:Cslu address|Address|Proxy|VRF):\s*(?P<server>\S+)\s*$",
    r"\s*Username:\s*(?P<user>.*\S)",
    r"\s*Password:\s*(?P<key>.*\S)",
    r"\s*(?:UDI|Active|Standby|Member(?: \d+)?):\s*PID:[^,\s]+,\s*SN:(?P<serial>[^\s,]+)",
    r"\s*(?:Last )?(?:Confirmation|Request|Return|Authorization) code:\s*(?P<key>.*\S)",
    r"\s*Subscription ID:\s*(?P<key>.*\S)",
    r"\s*(?:Description|Failure reason):\s*(?P<text>.*\S)",
    r"(?P<text>.*)\((?P<text2>[^()\s]+)\):\s*$",
    r"\s*(?P<text>\S.*)\((?P<text2>[^()\s]+)\)\s+\d+\s+\S",
    r"\s*Tag:\s*(?P<own>regid\.\d{4}-\d\d\.com\.cisco\.)(?P<text>[^,\s]*)",
    # show failover
    r"Failover LAN Interface:\s*(?!not\b)(?P<name>\S+) (?=\S)",
    r"\s*Link : (?!Unconfigured)(?P<name>\S+) (?=\S)",
    r"\s*(?:(?P<name2>\S+)\s+)?Interface (?P<name>\S+) \(",
    r"Serial Number: Ours (?P<serial>[^,\s]+), Mate (?P<serial2>[^,\s]+)",
    rf"Version: Ours (?P<own>{_RELEASE})",
    rf"Version: Ours \S+ Mate (?P<own>{_RELEASE})",
    rf"\s*Version\s*:\s*(?P<own>{_RELEASE})",
    rf"\s*slot \d+: \S+ hw/sw rev \([\w.]{{0,20}}/(?P<own>{_RELEASE})\) status",
    # Counters have as many digits as they like.
    rf"(?!\s*{_PHONE})\s*\S+(?: \S+){{0,3}}?(?P<own>(?:\s+\d+){{3,4}})\s*$",
    r"\s*Active time:\s*(?P<own>\d+) \(sec\)",
    # show cluster info
    r"Cluster (?P<name>\S+)\s*:\s*(?:On|Off)\b",
    r'\s*(?:This is|Unit) "(?P<name>[^"]+)" in state',
    r"\s*Serial No\.\s*:\s*(?P<serial>\S+)",
    r"\s*Site ID\s*:\s*(?P<name>\S+)",
    # show context
    r"[ *](?P<name>[\w.-]+)\s+(?P<name2>\S+)\s+(?:\S+\s+)?(?:Routed|Transparent)(?:\s+(?P<file>\S+))?",
    # configuration
    r"\s*(?:no )?hostname (?P<name>\S+)",
    r"\s*(?:no )?(?:dns )?(?:domain-lookup|server-group|source-interface|vrf|nameif) (?P<name>\S+)",
    r"\s*(?:no )?domain-name (?P<server>\S+)",
    r"\s*(?:no )?(?:dns )?name-server (?P<server>\S+)(?: (?P<server2>[\d.:a-fA-F]+))?(?: (?P<name>\S+))?",
    r"\s*(?:no )?(?:transport proxy|http-proxy|mail-server) (?P<server>\S+)",
    r"\s*(?:no )?transport url (?!default\s*$)(?P<url>\S+)",
    # The profile that every release brings for Smart Call Home.
    r"\s*(?:no )?profile (?P<own>License)\s*$",
    r"\s*(?:no )?profile (?P<name>\S+)",
    r"\s*(?:no )?destination address http (?P<url>\S+)",
    r"\s*(?:no )?(?:destination address email|contact-email-addr|sender (?:from|reply-to)) (?P<email>\S+)",
    r"\s*(?:no )?(?:phone-number|street-address|customer-id|contract-id|site-id) (?P<account>.*\S)",
    r"\s*license smart register idtoken (?P<key>\S+)",
    # Secrets that a person made up may be words of the ASA's.
    rf"\s*(?:no )?(?:enable password|passwd) {_FORM}(?P<key>\S+)",
    rf"\s*(?:no )?snmp-server community {_FORM}(?P<key>\S+)",
    rf"\s*(?:no )?snmp-server host \S+ \S+ (?:(?:trap|poll) )?community {_FORM}(?P<key>\S+)",
    rf"\s*(?:no )?failover (?:ipsec pre-shared-key|key) {_FORM}(?P<key>\S+)",
    rf"\s*(?:no )?(?:ikev1 |ikev2 (?:local|remote)-authentication )?pre-shared-key {_FORM}(?P<key>\S+)",
    rf"\s*(?:no )?(?:key|ldap-login-password|radius-common-pw) {_FORM}(?P<key>\S+)\s*$",
    r"\s*username (?P<user>\S+) (?:password|nopassword|attributes)(?: (?P<key>\S+))?",
    r"\s*(?:crypto ca (?:trustpoint|certificate chain)|context|object(?:-group)? \S+|access-list|route|name"
    r"|tunnel-group|group-policy|aaa-server) (?P<name>\S+)",
    r"\s*name \S+ (?P<name>\S+)",
    r"\s*(?:description|banner \S+|snmp-server (?:location|contact)) (?P<account>.*\S)",
    r"\.*\s*Cryptochecksum:\s*(?P<checksum>[0-9a-fA-F][0-9a-fA-F ]*[0-9a-fA-F])",
    # around a session, and in syslog lines
    r"User (?P<user>.+) logged in to (?P<name>\S+)",
    # ping tcp
    r"No source specified\. Pinging from (?P<own>identity) interface",
    r"Sending \d+ TCP SYN requests to (?P<server>\S+?)(?: \((?P<server2>\S+)\))? port \d+"
    r"(?:,? from (?P<server3>\S+?)(?: starting|, timeout))?",
    r"from (?P<server>\S+?)(?: starting port|, timeout)",
    r"ERROR: % Invalid Hostname: (?P<server>\S+)",
    r"ERROR: '(?P<name>[^']+)' is not valid",
)
POSITIONS: Final = tuple(map(re.compile, _POSITIONS))

# A zone's abbreviation, by which times are read, says less than the times themselves.
ZONES: Final = re.compile(
    r"(?:\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?|\d\d:\d\d:\d\d \d{4}|\d\d:\d\d:\d\d [A-Z][a-z]{2}) "
    r"(?P<own>[A-Z]{2,5})(?![\w-])"
    r"|^clock (?:timezone|summer-time) (?P<own2>[A-Z]{2,5})(?![\w-])"
    r"|[A-Z][a-z]{2} +\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d (?:\d{4} )?(?P<own3>[A-Z]{2,5})(?![\w-])"
)

_HEX: Final = "0-9a-fA-F"
# Anywhere in a line, in this order; of one with a group, the group.
DETECTORS: Final = (
    (URL, re.compile(r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>|]+")),
    (Kind.EMAIL, re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    (
        Kind.IDENTIFIER,
        re.compile(rf"(?<![A-Za-z0-9])[{_HEX}]{{8}}(?:-[{_HEX}]{{4}}){{3}}-[{_HEX}]{{12}}(?![\w])"),
    ),
    (Kind.ADDRESS, re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")),
    (Kind.ADDRESS, re.compile(rf"(?<![\w:.])[{_HEX}:]{{2,39}}(?:\.\d{{1,3}}){{0,3}}(?![\w:])")),
    # Behind what a line calls it: `inside:2001:db8::1`.
    (Kind.ADDRESS, re.compile(rf"(?<=\w:)[{_HEX}]{{1,4}}:[{_HEX}:]{{1,34}}(?:\.\d{{1,3}}){{0,3}}(?![\w:])")),
    (
        Kind.HARDWARE_ADDRESS,
        re.compile(
            rf"(?<![\w.-])(?:(?:[{_HEX}]{{4}}\.){{2}}[{_HEX}]{{4}}|(?:[{_HEX}]{{2}}[:-]){{5,31}}[{_HEX}]{{2}})"
            r"(?![\w-])"
        ),
    ),
    # A telephone number's groups are numbers like any.
    (Kind.ACCOUNT, re.compile(r"(?<=\+)\d{1,3}[ ()./-]{0,2}\d[\d ()./-]{4,20}\d(?!\w)")),
    (
        Kind.ACCOUNT,
        re.compile(rf"{_PHONE}[.: ]{{1,3}}(\(?\d[\d ()./-]{{4,20}}\d)(?!\w)"),
    ),
    # An activation key is at least four words of hexadecimal digits.
    (Kind.KEY, re.compile(rf"0[xX][{_HEX}]{{1,8}}(?:[ \t,]{{1,4}}0[xX][{_HEX}]{{1,8}}){{2,7}}")),
    (Kind.KEY, re.compile(r"\$\w{1,10}\$[\w$+/=.-]{8,200}")),
    (Kind.SERIAL, re.compile(r"(?<![\w-])(?:[A-Z]{3}\d{4}[A-Z0-9]{4}|9A[A-Z0-9]{9})(?![\w-])")),
    (Kind.FILE, re.compile(r"(?<![\w/])(?:disk\d|flash|boot|system|ftp|tftp|smb)\d?:/?[\w./@-]{1,200}")),
    # Two labels and more, the last of letters.
    (Kind.SERVER, re.compile(r"(?<![\w.@-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![\w.-])")),
)
