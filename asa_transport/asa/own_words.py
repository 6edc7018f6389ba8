"""The words that an ASA itself prints where an audit asks, and the forms of its numbers and models.

Pure.  Whatever is none of these in an answer may be somebody's: a name, a place, a contract.  A word that
people like to give to hosts, sites and users (`edge`, `berlin`, `admin`, `inside`) does not stand here,
even where an ASA prints it too: to hide a word too many costs a word, one too few a name.

Source: the outputs that ntc-templates, genieparser, unicon.plugins, Ansible's cisco.asa and oxidized have
recorded; Cisco TAC document 225967; templates of CiscoDevNet/cisco-asav (licence lines).
"""

from __future__ import annotations

import re
from typing import Final

_LICENSING: Final = """
account ack activation active addressed agent allocation allowed anyconnect are as asa asa-strong-encryption
assessment attempt attributes auth authenticate authority authorization authorized automatic aws based been
before being botnet calculated call call-home callhome carrier cert certificate change check code common
communication compliance configuration configured confirmation connect contact context contexts controlled
count counts cslu custom customer data date day days ddceservice deadline default deregister deregistered
description device devicerequesthandler disabled disallow disallowed empty enable enabled encryption
encryption-3des-aes encryption-des end enforce enforced enforcement entitlement entitlements error errors
essentials eval evaluation exceeded expire expired expires export export-controlled fail failed failure
feature features filter find flex-model for from functionality handle hidden home host hostname hour hours
http https id identity idtoken in inactive info information initial install installed invalid is its kbps
key last later lib license licensed licenses licensing licservice limit limited maintenance maximum message
minute minutes miscellaneous mobile mode model month months more needs never never-keep-this next no
non-export none not notification number oddce of off on only or out overage overall peers pending period
permanent permitted perpetual phone pid platform policy port premium privacy product progress proxy purpose
push reach reached reason received registered registering registrar registration relax remaining renew
renewal report reporting request requested required requirement reservation reserved resolve response
restricted result return sch seconds section security send sending sent serial server service services
shared site smart smartreceiver smarttransport sn snapshot software specific specified standard start state
status strong strong-encryption subscription succeeded success successful summary support supported sync
system tag term the this throughput tier time timed timeout to token tools total transparent transport
transportgateway trust trusted type udi unable unenforced unidentified universal unknown unlicensed
unlimited unregistered until update url usage use used user username using utility valid validate value
version virtual vpn vrf waiting was when with write year years
"""
_PLATFORM: Final = """
3des abort accelerator accelerators across adaptive additional address advanced aes after all ambiguous and
another any appliance architecture asac asav asdm ata atom authentication authentications available average
avg banner base baseboard bin bios boot booted broadcom build builders bundle bus by c2000 c3000 cache
cannot celeron cfg cisco clarkdale class clock cluster clustering cmd cnpx-mc-boot cnpx-mc-ipsec-main
cnpx-mc-ssl cnpx-mc-ssl-plus cnpx-mc-ssl-sb-plus colon command commands compact compiled complete config
controller core cores cpu cpus crypto cryptochecksum cyclic defense detected devices diagnostic did
directory disk disk0 disk1 does drive driver drives e5 each ee emmc encrypted endpoint engine epyc ethernet
ex executed ext extensible external fan fatal file files firepower firmware first flash format fpbesprd fpga
free ftd full fxos gateway gbps general ghz gigabit gprs graphics gtp hardware has have hub i7 ide ike ikev1
ikev2 image inc incomplete individual input installing instance int intel intercompany interface interfaces
internal ios ipsec irq kb ko lsp lynnfield main management manager mb mbps media memory mgmt0 mhz microcode
microprocessor microsoft mips modified module modules monitor mp msi multiple native network ngfw nitrox
notice nvme octeon on-board operating opteron other part password pbkdf2 pcie pentium physical power powerpc
processor profile provided ram rate register rel release removable requires restart rev revision rommon
routed router rules runnable running running-config same sata saved sd sensor series session sessions sfr
shell shutdown since single slot smp smp-k8 snort space spu sru ss ssd ssl ssp start-up started starting
startup startup-config storage supervisor switch sys table tcp telemetry temperature than there threat
timebased tls tmp traffic uim unit units up upgrade uptime uuid vcpu vdb vendor virtex vlan vlans vmware
vpn-3des-aes vpn-des warning was week weeks x86 x86_64 xeon zone
"""
_PAIRS: Final = """
100-byte act active-standby application arp auto backup bad beginning bulk ccl changed checksum cloud cold
compatible completed computer conn control control_node cpu0 ctcp cts cur current currently data_node
data_node_bulk_sync dead detected dhcp disconnected down downgrade duration echos empty end enough exit
expect failover fault finished firewall frequency function global graceful group groups h323 health held
hello high history holdtime host hot hw identical idle ifc init interval ip ipv4 ipv6 join joined just lan
late leave left link local logical lost mac master mate max member members mgcp mins mismatch mismatched
monitored move moved nd negotiating negotiation no-link node normal not-monitored notice notification obj
old ours over pac pat peer per-session ping pinhole platform policy poll pri primary proc process proxies
queue quit rcv ready rebooting reconnect recv replicate replicating replication rerr resource response role
route rpc sa sctp sdi sec secondary secs set sgtname shut shutting sip skinny skipped slave stable standby
stateful statistics stby sts sw switching sxp tbl terminals testing thread tracked transitioned trustsec-sxp
tunnel tx udp unmonitored upd user-identity vpnfo wait wait-disable warm warning xerr xlate xlate_timeout
xmit xxlate
"""
_CONFIGURATION: Final = """
active alert-group alert-group-config anonymous boot-time cipher ciscotac ciscotac-1 class-map
contact-email-addr contract-id customer-id daily default-information default-inspection-traffic destination
dns dns-group domain-lookup domain-name email entry environment event-queue-size feature-set fips flash
global_policy http-proxy inspect inspection_default inventory level license-server mail-server match
message-size-limit mobile-sp monthly mtu name-server nameif names ntp pager periodic periodic-msg
phone-number plus policy-map preferred-msg-format preset_dns_map rate-limit recurring security-level
security-plus sender server-group service-policy site-id source-interface ssh standard street-address
stricthostkeycheck subscribe subscribe-to-alert-group summer-time terminal-width threshold timezone
transport-method weekly written
"""
_TERMINAL: Final = """
a an at authorized be bytes character characters clock conf copied denied escape fail found help idle
incorrect invalid length lic line lines list logged login logins logoff marker must name open percent
pinging please press requests round-trip run see sequence sh sho show source stat success such syn tried try
type type-ahead typed use user users ver which width yes you your
"""
_TIMES: Final = """
am apr april aug august dec december feb february fri gmt jan january jul july jun june mar march may mon
nov november oct october pm sat sep sept september sun thu tue utc wed
"""
WORDS: Final = frozenset(" ".join((_LICENSING, _PLATFORM, _PAIRS, _CONFIGURATION, _TERMINAL, _TIMES)).split())

# Of names that a position holds: those that are the ASA's own.
OWN_NAMES: Final = frozenset(
    " ".join(
        (
            "builders ciscotac-1 configured context default defaultdns disabled empty enabled fpbesprd",
            "n/a none not off on routed supported system transparent unknown up",
        )
    ).split()
)
_OWN_USER: Final = re.compile(r"enable_\d{1,2}")

# What an interface's hardware is called.
_PORT: Final = (
    r"(?:GigabitEthernet|TenGigabitEthernet|TwentyFiveGigE|FortyGigabitEthernet|HundredGigE|FastEthernet|Ethernet"
    r"|Management|Port-channel|Redundant|Internal-Data|Internal-Control|TenGigE|BVI|Vlan|Tunnel|Loopback)\d{1,4}"
    r"(?:\.\d{1,5})?"
)
_PLATFORM_NAME: Final = (
    r"(?:ASA[vc]\d{0,3}|(?:ASA|FPR|ISA|SFR|CSF|PIX)-?\d{3,4}[A-Z]{0,2}|FPR\dK)"
    r"(?:-(?:V?\d{1,3}[A-Z]{0,2}(?:\d[A-Z])?|SM|STD|ENC|CARRIER|K\d?|X|BUN|UNIVERSAL|V|PLR|CONTEXT|SSP))*"
)
_IMAGE: Final = (
    r"(?:cisco-)?asa(?:-fp\dk|-csf-?\d+|v)?[-.]?\d[\d.-]{1,16}(?:-smp-k8|-lfbff-k8|-k8|smp-k8)?"
    r"(?:\.(?:bin|SPA|smp))?"
    r"|fxos-lfbff-k8(?:\.SPA)?|asav?[\d-]{1,12}(?:-smp)?(?:-k8)?(?:\.bin)?|asav\d{1,3}_plr"
)
_TAG: Final = (
    r"(?:ASA|FTD|PIX)-(?:[a-z]{1,12}-)?[0-7]-\d{5,7}|CNPx-MC-[A-Z-]{1,16}-[\d.]{1,8}|lsp-rel-\d{8}-\d{4}"
)
_NUMBER: Final = (
    # 1024, 8192MB, 1w2d, 9.22, 216i, 4.9.3_rel, 04-Sep-25, 2026-01-12T13, 0x1f
    r"\d{1,7}|\d{1,7}(?:[KMGT]B|[KMGT]|[MG]Hz|[KMG]bps|bit|[wdhms])|(?:\d{1,3}[wdhms]){2,5}"
    r"|\d{1,4}(?:\.\d{1,5}){1,2}[a-z]?|\d{1,3}[a-z]|\d{1,3}(?:\.\d{1,3}){1,3}_rel"
    r"|\d\d-[A-Z][a-z][a-z]-\d\d(?:\d\d)?|\d{4}-\d\d-\d\d(?:T\d\d)?Z?"
    r"|\d{1,3}(?:\.\d{1,3}){1,2}-\d{1,4}|0x[0-9a-fA-F]{1,8}|[A-Za-z]"
)
_FORMS: Final = re.compile("|".join((_NUMBER, _PORT, _PLATFORM_NAME, _IMAGE, _TAG)))
# Longer is no word of an ASA, and costs to look at.
_LONGEST: Final = 64


def is_own(word: str) -> bool:
    """Return whether this is a word that an ASA prints itself, or a number, a port, a model in its form."""
    return word.casefold() in WORDS or (len(word) <= _LONGEST and _FORMS.fullmatch(word) is not None)


def is_own_name(name: str) -> bool:
    """Return whether this name, where a customer's may stand, is one that every ASA has."""
    return name.strip("<>").casefold() in OWN_NAMES or _OWN_USER.fullmatch(name) is not None
