"""The lines that this program types at a firewall.

Pure.  What an audit may send is a closed list; what frames a change is another.  The lines of a
change itself are in `licensing.py`.
"""

from __future__ import annotations

from typing import Final

# Who saved the startup configuration and when, its licence block, and its checksum: a whole one
# holds digests of secrets.  Whether `| include` keeps lines that begin with `:` is unproven, so
# that the first may be missing (DOMAIN §10.6).
STARTUP: Final = (
    "show startup-config | include "
    "^: Written|^license smart|^ feature|^ throughput|^ transport|^ privacy|^Cryptochecksum"
)
CHECKSUM: Final = "show checksum"
# Who changed the configuration last, and when, without all else that `show version` says.
LAST_CHANGE: Final = "show version | include ^Configuration"
# Every line that an audit may send, as it is typed: a closed list, because `show` is not harmless.
# `| redirect`, `| append` and `| tee` write files, and so does `show tech-support file`, which may be
# shortened to `show tech file` (ASA command reference).  A new command gets its line here.
READS: Final = frozenset(
    {
        "enable",
        "terminal pager 0",
        "exit",
        "changeto system",
        "show version",
        "show mode",
        "show context",
        "show clock",
        "show failover",
        "show cluster info",
        "show license status",
        "show license all",
        "show running-config license",
        "show running-config all license",
        "show running-config call-home",
        "show running-config clock",
        STARTUP,
        CHECKSUM,
        LAST_CHANGE,
    }
)
# What frames a change, beside the lines of the plan themselves.
CONFIGURE: Final = "configure terminal"
END: Final = "end"
RENEW: Final = "license smart renew auth"
SAVE: Final = "write memory"
CHANGE_FRAME: Final = frozenset({CONFIGURE, END, RENEW, SAVE})
# The answer to the question about anonymous reporting that decides nothing (DOMAIN §9.5).
ASK_LATER: Final = "A"
