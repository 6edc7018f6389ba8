#!/usr/bin/env bash
# ansible-core 2.19.14 takes a quoted "9.20" on a host's line of an INI inventory for the number 9.2.
#
# Guess:    quotes keep a text a text, as they do in YAML; and a variable of a host is read as one of its group is.
# Seen:     on a host's line the quotes are the shell's, gone before the value is read as a Python literal: "9.20" is
#           9.2, "0012.3456" is 12.3456 and "12_34" is 1234, while `0010` stays text.  Quotes within quotes keep it.
#           Under `[group:vars]` the same line is text.  `ansible-inventory --list` gives each on with that type.
# Matters:  a wanted release 9.20 becomes 9.2, a release that exists, and nothing in the JSON tells the two apart:
#           a reader of that JSON has to refuse a number where it expects a text, and not to make a text of it.
#
# Exits 0 while it is so, 1 once Ansible reads it otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check ansible-core==2.19.14
cat > "$folder/hosts.ini" <<'INI'
[edge]
fw-a wanted="9.20" room="0012.3456" rack="12_34" site="0010" kept='"9.20"'

[edge:vars]
group_wanted="9.20"
INI
cd "$folder"
touch ansible.cfg
export HOME="$folder" ANSIBLE_HOME="$folder/home" ANSIBLE_CONFIG="$folder/ansible.cfg"
# Ansible starts under UTF-8 alone.
[ "$(locale charmap)" = UTF-8 ] || export LC_ALL=C.UTF-8
"$folder/venv/bin/ansible-inventory" -i hosts.ini --list > listed.json
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.metadata, json, sys

with open("listed.json") as file:
    seen = json.load(file)["_meta"]["hostvars"]["fw-a"]
for name, value in sorted(seen.items()):
    print(f"ansible-core {importlib.metadata.version('ansible-core')}: {name} is {value!r}")
expected = {"wanted": 9.2, "room": 12.3456, "rack": 1234, "site": "0010", "kept": "9.20", "group_wanted": "9.20"}
sys.exit(seen != expected)
PYTHON
