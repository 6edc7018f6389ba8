#!/usr/bin/env bash
# ntc-templates 9.3.0 raises on `show license all` of an ASA that uses Smart Transport.
#
# Guess:    the community template for `cisco_asa show license all` reads the output of current releases, or
#           leaves out what it does not know.
# Seen:     its state for the block "Transport:" knows the line `Type:` alone.  Smart Transport prints `URL:`,
#           `Proxy:` and `VRF:` there too, and the template ends in a TextFSM error for the whole output.
# Matters:  an audit that trusts the parsed result works on every firewall on Call Home, and on none after the move.
#
# Exits 0 while it is so, 1 once the template reads it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check ntc-templates==9.3.0
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata, sys
from ntc_templates.parse import parse_output

HEAD = """
Smart Licensing Status
======================

Smart Licensing is ENABLED

Registration:
  Status: REGISTERED
  Smart Account: Example Networks
  Virtual Account: Firewalls
  Export-Controlled Functionality: ALLOWED
  Initial Registration: SUCCEEDED on Jan 05 2026 12:19:01 UTC
  Last Renewal Attempt: None
  Next Renewal Attempt: Jul 04 2026 12:19:00 UTC
  Registration Expires: Jan 05 2027 12:14:00 UTC

License Authorization:
  Status: AUTHORIZED on Jan 05 2026 12:19:12 UTC
  Last Communication Attempt: SUCCEEDED on Jan 05 2026 12:19:12 UTC
  Next Communication Attempt: Feb 04 2026 12:19:11 UTC
  Communication Deadline: Apr 05 2026 12:14:11 UTC

Utility:
  Status: DISABLED

Data Privacy:
  Sending Hostname: yes
    Callhome hostname privacy: DISABLED
    Smart Licensing hostname privacy: DISABLED
  Version privacy: DISABLED

Transport:
"""
CALLHOME = "  Type: Callhome\n"
SMART = """  Type: Smart
  URL: https://smartreceiver.cisco.com/licservice/license
  Proxy:
    Not Supported
  VRF:
    Not Supported
"""


def parsed(transport):
    try:
        records = parse_output(platform="cisco_asa", command="show license all", data=HEAD + transport)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
    return f"{len(records)} record(s)"


callhome, smart = parsed(CALLHOME), parsed(SMART)
print(f"ntc-templates {importlib.metadata.version('ntc-templates')}, Call Home:       {callhome}")
print(f"ntc-templates {importlib.metadata.version('ntc-templates')}, Smart Transport: {smart}")
sys.exit(not (callhome.endswith("record(s)") and "rror" in smart))
PYTHON
