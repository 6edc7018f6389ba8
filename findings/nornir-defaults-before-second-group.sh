#!/usr/bin/env bash
# nornir 3.6.0: the connection options of defaults.yaml beat those of a host's second group.
#
# Guess:    defaults are what is left when neither a host nor any of its groups says a thing, for an attribute of a
#           host and for the options of a connection alike.
# Seen:     so it is for attributes: the second group's `port` beats the one of the defaults.  Under
#           `connection_options` the first group is asked together with the defaults behind it, so that the second
#           group is asked for what neither says.  With the groups in the other order it is the group that wins.
#           The lookup writes too: of a host that has options of its own, what was found in groups and defaults is
#           kept among them, where its `dict()` shows the defaults' password and a later change of theirs is not seen.
# Matters:  the same two groups give a firewall another port, and so another device behind one address, by the
#           order of their names in hosts.yaml; and an inventory written back holds passwords by host.
#
# Exits 0 while it is so, 1 once nornir behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check nornir==3.6.0
cat > "$folder/hosts.yaml" <<'YAML'
---
fw-a:
  groups: [paris, appliance]
fw-b:
  groups: [appliance, paris]
fw-c:
  groups: [paris]
  connection_options:
    netmiko:
      platform: cisco_asa
YAML
cat > "$folder/groups.yaml" <<'YAML'
---
paris:
  data:
    town: Paris
appliance:
  port: 2022
  connection_options:
    netmiko:
      port: 2022
YAML
cat > "$folder/defaults.yaml" <<'YAML'
---
port: 22
connection_options:
  netmiko:
    port: 22
    password: example-one
YAML
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata, sys
from nornir.plugins.inventory import SimpleInventory

version = importlib.metadata.version("nornir")
inventory = SimpleInventory().load()
ports = {}
for name in ("fw-a", "fw-b"):
    host = inventory.hosts[name]
    ports[name] = (host.port, host.get_connection_parameters("netmiko").port)
    print(f"nornir {version}: groups {[group.name for group in host.groups]}: attribute port {ports[name][0]}, "
          f"port of the netmiko connection {ports[name][1]}")

host, defaults = inventory.hosts["fw-c"], inventory.defaults.connection_options["netmiko"]
passwords = [host.dict()["connection_options"]["netmiko"]["password"]]
host.get_connection_parameters("netmiko")
passwords.append(host.dict()["connection_options"]["netmiko"]["password"])
defaults.password = "example-two"
passwords.append(host.get_connection_parameters("netmiko").password)
print(f"nornir {version}: the host's own password before a lookup {passwords[0]}, after it {passwords[1]}, "
      f"used once the defaults say {defaults.password}: {passwords[2]}")
sys.exit((ports, passwords) != ({"fw-a": (2022, 22), "fw-b": (2022, 2022)}, [None, "example-one", "example-one"]))
PYTHON
