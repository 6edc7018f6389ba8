"""The mistakes of a first week, and the one line that answers each: where, what was seen, what to do.

The sister of test_hard_edges.py: there the machine denies something, here a person has it wrong, or knows
it from another program.  Every answer is whole here; who changes one reads all of it again.
"""

from __future__ import annotations

import enum
import hashlib
import json
import re
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from asa_transport.cli.lazy import commands_of
from asa_transport.cli.main import app
from tests.fleet.commit import commit, planned, reverted
from tests.fleet.hands import run, smart
from tests.support import cli, fleet_of

HEAD = """\
defaults: {username: u, credential: c, known_hosts: known_hosts}
credentials: {c: {password: {env: ASA_TRANSPORT_PASSWORD}}}
groups: {emea: {region: north}}
"""
OURS = (
    HEAD
    + """\
devices:
  fw-par-01: {host: 127.0.0.11, port: 9, groups: [emea]}
  fw-par-02: {host: 127.0.0.12, port: 9}
"""
)
POLICY = "contact_poll: 0.1 s\ncontact_timeout: 20 s\n"
FILES = {
    "inventory.yaml": OURS,
    "ansible.ini": "[asa]\nfw-1 ansible_host=192.0.2.1\n",
    "ansible.yaml": "asa:\n  hosts:\n    fw-1: {ansible_host: 192.0.2.1}\n",
    "playbook.yaml": "- hosts: asa\n  tasks: []\n",
    "hosts.yaml": "---\nfw-1:\n  hostname: 192.0.2.1\n  platform: asa\n",
    "netmiko.yml": "fw-1: {device_type: cisco_asa, host: 192.0.2.1}\n",
    "netbox.json": '{"count": 1, "results": [{"name": "fw-1"}]}\n',
    "list.json": '[{"name": "fw-1", "host": "192.0.2.1"}]\n',
    "hosts.csv": "name,host\nfw-1,192.0.2.1\n",
    "router.db": "fw-1:asa\nfw-2:asa\n",
    "rancid.db": "fw-1;cisco;up\nfw-2;cisco;down\n",
    "names.txt": "fw-1\nfw-2\n",
    "other.json": '{"hosts": ["fw-1"]}\n',
    "empty.yaml": "",
    "tabs.yaml": "devices:\n\tfw-1: {host: 192.0.2.1}\n",
    "indent.yaml": HEAD + "devices:\n  fw-1:\n    host: 192.0.2.1\n   port: 22\n",
    "quote.yaml": HEAD + "devices:\n  fw-1: {host: '192.0.2.1}\n",
    "brace.yaml": HEAD + "devices:\n  fw-1: {host: 192.0.2.1\n",
    "colon.yaml": HEAD + "devices:\n  fw-1:\n    host 192.0.2.1\n    port: 22\n",
    "twice.yaml": HEAD + "devices:\n  fw-1: {host: 192.0.2.1}\n  fw-1: {host: 192.0.2.2}\n",
    "nobody.yaml": HEAD + "devices:\n",
    "dashes.yaml": HEAD + "devices:\n  - {name: fw-1, host: 192.0.2.1}\n",
    "no-host.yaml": HEAD + "devices:\n  fw-1: {port: 22}\n",
    "hostname.yaml": HEAD + "devices:\n  fw-1: {hostname: 192.0.2.1}\n",
    "host-port.yaml": HEAD + "devices:\n  fw-1: {host: '192.0.2.1:22'}\n",
    "prefix.yaml": HEAD + "devices:\n  fw-1: {host: 192.0.2.1/24}\n",
    "same.yaml": HEAD + "devices:\n  fw-1: {host: 192.0.2.1}\n  fw-2: {host: 192.0.2.1}\n",
    "credential.yaml": HEAD + "devices:\n  fw-1: {host: 192.0.2.1, credential: prod}\n",
    "group.yaml": HEAD + "devices:\n  fw-1: {host: 192.0.2.1, groups: [apac]}\n",
    "at-device.yaml": HEAD + "devices:\n  fw-1: {host: 192.0.2.1, password: S3cret}\n",
    "in-text.yaml": HEAD.replace("{env: ASA_TRANSPORT_PASSWORD}", "S3cret") + "devices: {fw-1: {host: h}}\n",
    "no-file.yaml": HEAD.replace("env: ASA_TRANSPORT_PASSWORD", "file: pw") + "devices: {fw-1: {host: h}}\n",
    "not-set.yaml": HEAD.replace("ASA_TRANSPORT_PASSWORD", "NOT_SET") + "devices: {fw-1: {host: h}}\n",
    "no-user.yaml": "credentials: {c: {password: {env: A}}}\ndevices: {fw-1: {host: h, credential: c}}\n",
    "latin.yaml": OURS + "# M\xfcnchen\n",
    "misspelt.policy": "contact_timeuot: 20 s\n",
    "types.policy": "contact_timeout: soon\nallow_callhome: yes\napprovals: two\n",
    "never.policy": "change_windows:\n  - {days: [mon], from: '22:00', to: '22:00', zone: UTC}\n",
    "no-day.policy": "change_windows:\n  - {days: [], from: '22:00', to: '23:00', zone: UTC}\n",
    "zone.policy": "change_windows:\n  - {from: '22:00', to: '23:00', zone: CET/Berlin}\n",
    "endless.waivers": "waivers:\n  - {rule: AT301, devices: fw-par-01, owner: kim, reason: r}\n",
    "endless.exceptions": "exceptions:\n  - {device: fw-par-01, owner: kim, ticket: T, reason: r, "
    "added_at: 2026-01-01T00:00:00Z}\n",
    "other-inventory.yaml": HEAD + "devices: {asa-1: {host: 192.0.2.1}}\n",
    "not-a-key": "nothing\n",
    "empty.json": "{}\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a beginner, and a plan that was pushed, with the audit after it."""
    folder = tmp_path_factory.mktemp("site")
    with fleet_of(smart("fw-par-01"), reverted("fw-par-02")) as fleet:
        plan = planned(fleet, folder, POLICY)
        assert commit(folder).code == 0
        assert run(folder, "audit", "-q").code == 0
        again = ("--from-run", json.loads(plan.read_text())["run"], "-o", folder / "new.json")
        assert run(folder, "plan", *again, "-q").code == 0
    (folder / "used.json").write_bytes(plan.read_bytes())
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="latin-1")
    document = json.loads(plan.read_text())
    document["devices"][0]["apply"].append(" transport url default")
    (folder / "edited.json").write_text(json.dumps(document, indent=2) + "\n")
    (folder / "cut.json").write_text("".join(plan.read_text().splitlines(keepends=True)[:20]))
    (folder / "other.policy").write_text(POLICY + "keep: 30 days\n")
    (folder / "folder").mkdir()
    (folder / "group").mkdir()
    (folder / "group" / "hosts").write_text(FILES["ansible.ini"])
    (folder / "nornir").mkdir()
    (folder / "nornir" / "hosts.yaml").write_text(FILES["hosts.yaml"])
    return folder


@pytest.fixture
def desk(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person at this folder."""
    monkeypatch.chdir(site)
    monkeypatch.setenv("ASA_TRANSPORT_STATE_DIR", "state")
    monkeypatch.setenv("ASA_TRANSPORT_PASSWORD", "not-sent-anywhere")
    return site


def known(folder: Path) -> dict[str, str]:
    """What stands in the table for what is another one each time."""
    plan = json.loads((folder / "used.json").read_text())
    (note,) = (folder / "state" / "plans").rglob("fw-par-02.json")
    edited = json.loads((folder / "edited.json").read_text())
    del edited["digest"]
    canonical = json.dumps(edited, sort_keys=True, separators=(",", ":"))
    ids = {path.name: path for path in sorted((folder / "state" / "runs").iterdir())}
    pushed = next(name for name, path in ids.items() if (path / "journal.jsonl").exists())
    audited = next(name for name, path in ids.items() if name not in {pushed, plan["run"]})
    return {
        "<audit>": audited,
        "<push>": pushed,
        "<planned>": plan["run"],
        "<pushed at>": json.loads(note.read_text())["at"],
        "<made>": plan["created_at"],
        "<end>": plan["valid_until"],
        "<digest>": plan["digest"][:12],
        "<edited>": hashlib.sha256(canonical.encode()).hexdigest()[:12],
        "<site>": str(folder),
    }


# What is typed, the exit code, and all that is said, but for the count of problems.
MISTAKES = {
    # The command line.
    "a misspelt command": (
        "auidt", 2,
        "there is no command 'auidt' (did you mean audit?); see 'asa-transport --help'",
    ),
    "a command of another program": (
        "apply used.json", 2,
        "there is no command 'apply' (did you mean push?); see 'asa-transport --help'",
    ),
    "a command of a group without the group": (
        "scan", 2,
        "there is no command 'scan' (did you mean hostkeys scan?); see 'asa-transport --help'",
    ),
    "a misspelt command of a group": (
        "inventory chekc", 2,
        "inventory: there is no command 'chekc' (did you mean check?); see 'asa-transport inventory "
        "--help'",
    ),
    "no command": (
        "-i inventory.yaml", 2,
        "the command is missing; write it first, e.g. asa-transport audit -i …; see 'asa-transport "
        "--help'",
    ),
    "asking for help as git does": (
        "help audit", 2,
        "there is no command 'help' (did you mean --help?); see 'asa-transport --help'",
    ),
    "a misspelt option": (
        "audit --inventroy inventory.yaml", 2,
        "audit: there is no option --inventroy (did you mean --inventory?); see 'asa-transport audit "
        "--help'",
    ),
    "an option of Ansible": (
        "audit --forks 5", 2,
        "audit: there is no option --forks (did you mean --workers?); see 'asa-transport audit --help'",
    ),
    "a letter of Ansible's": (
        "audit -f 5", 2,
        "audit: there is no option -f (did you mean --workers?); see 'asa-transport audit --help'",
    ),
    "a dry run asked for": (
        "push used.json --check", 2,
        "push: there is no option --check; a push is a dry run until --commit is given; see "
        "'asa-transport push --help'",
    ),
    "a password as an option": (
        "audit --password S3cret", 2,
        "audit: there is no option --password; the inventory says where the password comes from, under "
        "credentials; see 'asa-transport audit --help'",
    ),
    "an option without its value": (
        "audit --inventory", 2,
        "audit: --inventory needs a value; see 'asa-transport audit --help'",
    ),
    "a device without an option": (
        "audit fw-par-01", 2,
        "audit: unexpected: fw-par-01; devices are chosen with -l, the inventory file with -i; see "
        "'asa-transport audit --help'",
    ),
    "two inventories": (
        "audit -i inventory.yaml -i other-inventory.yaml", 2,
        "audit: --inventory or -i: given 2 times; give it once; see 'asa-transport audit --help'",
    ),
    "a format that does not exist": (
        "audit --format yaml", 2,
        "audit: --format: 'yaml'; expected one of: table, json, jsonl, csv, md, html, junit, sarif; see "
        "'asa-transport audit --help'",
    ),
    "a format in capitals": (
        "audit --format JSON", 2,
        "audit: --format: 'JSON' (did you mean json?); expected one of: table, json, jsonl, csv, md, "
        "html, junit, sarif; see 'asa-transport audit --help'",
    ),
    "a severity that does not exist": (
        "audit --fail-on error", 2,
        "audit: --fail-on: 'error'; expected one of: info, low, medium, high, critical; see "
        "'asa-transport audit --help'",
    ),
    "no workers": (
        "audit --workers 0", 2,
        "audit: --workers or -w: '0'; expected a whole number from 1 to 1000; see 'asa-transport audit "
        "--help'",
    ),
    "workers in words": (
        "audit --workers many", 2,
        "audit: --workers or -w: 'many'; expected a whole number from 1 to 1000; see 'asa-transport "
        "audit --help'",
    ),
    "a negative timeout": (
        "audit --device-timeout -5", 2,
        "audit: --device-timeout: '-5'; expected a number, 0.1 or more; see 'asa-transport audit --help'",
    ),
    "a timeout with a unit": (
        "audit --device-timeout 5m", 2,
        "audit: --device-timeout: '5m'; expected a number, 0.1 or more; see 'asa-transport audit --help'",
    ),
    "no runs at all": (
        "runs --last 0", 2,
        "runs: --last: '0'; expected a whole number, 1 or more; see 'asa-transport runs --help'",
    ),
    "a time without its zone": (
        "audit --now 2026-01-12", 2,
        "audit: --now: '2026-01-12'; expected a time with its zone, e.g. 2026-01-12T13:00:00Z; see "
        "'asa-transport audit --help'",
    ),
    "a verdict that does not exist": (
        "audit --only broken", 2,
        "--only: 'broken'; expected one of: compliant, change, hold, manual, not-applicable, "
        "not-audited, critical, high, medium, low, info",
    ),
    "a result that needs an earlier run": (
        "audit --fail-on-new high", 2,
        "--fail-on-new needs an earlier run; add --since last",
    ),
    "a format that plans do not have": (
        "plan -o p.json --format table", 2,
        "plan: there is no option --format; this command has only one format; see 'asa-transport plan "
        "--help'",
    ),
    "no output": (
        "ticket last", 2,
        "ticket: --output or -o is missing; see 'asa-transport ticket --help'",
    ),
    # Choosing devices.
    "a misspelt device": (
        "audit -l fw-prs-01", 2,
        "--limit 'fw-prs-01': no device has this name; did you mean 'fw-par-01' or 'fw-par-02'?",
    ),
    "a misspelt group": (
        "audit -l group:emae", 2,
        "--limit 'group:emae': no device is in this group; did you mean 'emea'?",
    ),
    "a group without its kind": (
        "audit -l emea", 2,
        "--limit 'emea': no device has this name; it is a group: write group:emea",
    ),
    "every device, as Ansible calls it": (
        "audit -l all", 2,
        "--limit 'all': no device has this name; leave --limit out for all devices",
    ),
    "an address": (
        "audit -l 127.0.0.11", 2,
        "--limit '127.0.0.11': no device has this name; it is the address of fw-par-01: write that name",
    ),
    "a kind of pattern that does not exist": (
        "audit -l site:paris", 2,
        "--limit 'site:paris': 'site:' is not known; expected a name, a glob (fw-*), group:NAME, "
        "tag:NAME, region:NAME or @FILE",
    ),
    "an and, as in Ansible, with a tag that no device has": (
        "audit -l 'group:emea,&tag:prod'", 2,
        "--limit 'tag:prod': no device has this tag; see 'asa-transport inventory show'",
    ),
    "a pattern that takes all away": (
        "audit -l 'fw-*,!fw-*'", 2,
        "--limit 'fw-*,!fw-*': no device is left, "
        "because '!' excludes all of them; remove one '!' pattern",
    ),
    "an empty variable of the shell": (
        "audit -l ''", 2,
        "--limit '': a pattern is empty; expected a name, a glob (fw-*), group:NAME, tag:NAME, "
        "region:NAME or @FILE, separated by ','",
    ),
    "an empty file of names": (
        "audit -l @empty.yaml", 2,
        "--limit 'empty.yaml': the file is empty; write one pattern a line",
    ),
    # Files in the place of an inventory.
    "an inventory that is not there": (
        "audit -i nowhere.yaml", 2,
        "nowhere.yaml: there is no such file; give an inventory with -i, or write one "
        "('asa-transport schema inventory' has its keys)",
    ),
    "a directory": (
        "audit -i folder", 2,
        "folder: this is a directory, not a file",
    ),
    "a folder of Ansible": (
        "audit -i group", 2,
        "group: this is a directory, not a file; one that Ansible reads is given as 'ansible:group'",
    ),
    "a folder of Nornir": (
        "audit -i nornir", 2,
        "nornir: this is a directory, not a file; one that Nornir reads is given as 'nornir:nornir'",
    ),
    "the address of a NetBox": (
        "audit -i https://netbox.example.net/", 2,
        "https:/netbox.example.net: this is an address; that of a NetBox is given as "
        "'netbox:https://netbox.example.net'",
    ),
    "an inventory of Ansible, INI": (
        "audit -i ansible.ini", 2,
        "ansible.ini:1:1: this looks like an inventory of Ansible (INI); give it as it is, "
        "'-i ansible:ansible.ini', or write one of ours from it: "
        "'asa-transport inventory import ansible:ansible.ini -o inventory.yaml'",
    ),
    "an inventory of Ansible, YAML": (
        "audit -i ansible.yaml", 2,
        "ansible.yaml:1:1: this looks like an inventory of Ansible; give it as it is, "
        "'-i ansible:ansible.yaml', or write one of ours from it: "
        "'asa-transport inventory import ansible:ansible.yaml -o inventory.yaml'",
    ),
    "a playbook": (
        "audit -i playbook.yaml", 2,
        "playbook.yaml:1:1: this looks like a playbook of Ansible; expected an inventory of "
        "asa-transport, e.g. devices: {fw-par-01: {host: 192.0.2.11}} "
        "('asa-transport schema inventory' has its keys)",
    ),
    "hosts of Nornir": (
        "audit -i hosts.yaml", 2,
        "hosts.yaml:2:1: this looks like a hosts.yaml of Nornir; give it as it is, '-i nornir:.', or write "
        "one of ours from it: 'asa-transport inventory import nornir:. -o inventory.yaml'",
    ),
    "devices of Netmiko": (
        "audit -i netmiko.yml", 2,
        "netmiko.yml:1:1: this looks like an inventory of Netmiko; expected an inventory of "
        "asa-transport, e.g. devices: {fw-par-01: {host: 192.0.2.11}} "
        "('asa-transport schema inventory' has its keys)",
    ),
    "an answer of NetBox": (
        "audit -i netbox.json", 2,
        "netbox.json:1:1: this looks like an answer of NetBox; give it as it is, "
        "'-i netbox:https://HOST', or write one of ours from it: "
        "'asa-transport inventory import netbox:https://HOST -o inventory.yaml'",
    ),
    "a list in JSON": (
        "audit -i list.json", 2,
        "list.json:1:1: this is not an inventory but a list; expected a map with keys such as 'devices' "
        "('asa-transport schema inventory' has them all)",
    ),
    "a table": (
        "audit -i hosts.csv", 2,
        "hosts.csv:1:1: this looks like a CSV table; give it as it is, '-i csv:hosts.csv', or write one of "
        "ours from it: 'asa-transport inventory import csv:hosts.csv -o inventory.yaml'",
    ),
    "a router.db": (
        "audit -i router.db", 2,
        "router.db:1:1: this looks like a router.db of Oxidized; give it as it is, "
        "'-i oxidized:router.db', or write one of ours from it: "
        "'asa-transport inventory import oxidized:router.db -o inventory.yaml'",
    ),
    "a router.db of RANCID": (
        "audit -i rancid.db", 2,
        "rancid.db:1:1: this looks like a router.db of RANCID; give it as it is, "
        "'-i rancid:rancid.db', or write one of ours from it: "
        "'asa-transport inventory import rancid:rancid.db -o inventory.yaml'",
    ),
    "a list of names": (
        "audit -i names.txt", 2,
        "names.txt:1:1: this is not an inventory but a text; expected a map with keys such as 'devices' "
        "('asa-transport schema inventory' has them all)",
    ),
    "JSON of somebody's own": (
        "audit -i other.json", 2,
        "other.json:1:1: this is not an inventory; expected a map with keys such as 'devices' "
        "('asa-transport schema inventory' has them all)",
    ),
    "a plan": (
        "audit -i used.json", 2,
        "used.json:1:1: this looks like the result of asa-transport plan; expected an inventory of "
        "asa-transport, e.g. devices: {fw-par-01: {host: 192.0.2.11}} "
        "('asa-transport schema inventory' has its keys)",
    ),
    "a policy": (
        "audit -i policy.yaml", 2,
        "policy.yaml:1:1: this is a policy, not an inventory; give it with --policy",
    ),
    "an empty file": (
        "audit -i empty.yaml", 2,
        "empty.yaml: the file is empty",
    ),
    # What stands in an inventory.
    "tabs": (
        "audit -i tabs.yaml", 2,
        "tabs.yaml:2:1: there is a tab here; YAML takes only spaces: replace it",
    ),
    "an indent that does not fit": (
        "audit -i indent.yaml", 2,
        "indent.yaml:7:4: not YAML: this line is not indented like the lines above; give all keys of one "
        "map the same indent",
    ),
    "a quote that is not closed": (
        "audit -i quote.yaml", 2,
        "quote.yaml:6:1: not YAML: a closing quote is missing; add it",
    ),
    "a brace that is not closed": (
        "audit -i brace.yaml", 2,
        "brace.yaml:6:1: not YAML: a '}' is missing; add it, or the ',' that is missing before it",
    ),
    "a colon that is missing": (
        "audit -i colon.yaml", 2,
        "colon.yaml:7:9: not YAML: a ':' is not expected here; add the ':' that is missing above, or put "
        "the text in quotes",
    ),
    "a name twice": (
        "audit -i twice.yaml", 2,
        "twice.yaml:6:3: key 'fw-1' is here twice, first at line 5, column 3; delete one",
    ),
    "no devices": (
        "audit -i nobody.yaml", 2,
        "nobody.yaml:4:1: devices: there are none; add e.g. fw-par-01: {host: 192.0.2.11}",
    ),
    "no inventory yet": (
        "audit -i nowhere/inventory.yaml", 2,
        "nowhere/inventory.yaml: there is no such file; give an inventory with -i, or write one "
        "('asa-transport schema inventory' has its keys)",
    ),
    "devices as a list": (
        "audit -i dashes.yaml", 2,
        "dashes.yaml:5:3: devices: a list; expected a map, e.g. fw-par-01: {host: 192.0.2.11}",
    ),
    "a device without an address": (
        "audit -i no-host.yaml", 2,
        "no-host.yaml:5:3: device fw-1: no host; add its address, e.g. {host: 192.0.2.11}",
    ),
    "an address under another program's key": (
        "audit -i hostname.yaml", 2,
        "hostname.yaml:5:10: device fw-1: unknown key 'hostname' (did you mean 'host'?)",
    ),
    "a port in the address": (
        "audit -i host-port.yaml", 2,
        "host-port.yaml:5:16: device fw-1: host: '192.0.2.1:22' holds a port; put it under port",
    ),
    "a prefix length in the address": (
        "audit -i prefix.yaml", 2,
        "prefix.yaml:5:16: device fw-1: host: '192.0.2.1/24' is not a host; expected an IPv4 or IPv6 "
        "address, or a name of letters, digits, '-' and '.', without a port",
    ),
    "one address twice": (
        "audit -i same.yaml", 2,
        "same.yaml:6:16: device fw-2: fw-1 (line 5) has 192.0.2.1 port 22 already; delete one of the two",
    ),
    "a credential that is not defined": (
        "audit -i credential.yaml", 2,
        "credential.yaml:5:39: device fw-1: credential: 'prod' is not defined in credentials; define it "
        "there, or use one of: c",
    ),
    "a group that is not defined": (
        "audit -i group.yaml", 2,
        "group.yaml:5:36: device fw-1: groups: 'apac' is not defined in groups; define it there, or use "
        "one of: emea",
    ),
    "a password in the inventory": (
        "audit -i in-text.yaml", 2,
        "in-text.yaml:2:29: credential c: password: the secret itself stands here (not shown); give its "
        "source instead: {env: NAME}, {file: PATH}, {command: [PROGRAM, ARGUMENT]}, {keyring: {service: "
        "S, username: U}}, {systemd: NAME} or {prompt: true}",
    ),
    "a password at a device": (
        "audit -i at-device.yaml", 2,
        "at-device.yaml:5:27: device fw-1: unknown key 'password'; a secret never stands in this file: "
        "name its source under credentials",
    ),
    "no user": (
        "audit -i no-user.yaml", 2,
        "no-user.yaml:2:11: device fw-1: no username (who logs in); add it here, to a group or to "
        "defaults",
    ),
    "a file that is not UTF-8": (
        "audit -i latin.yaml", 2,
        "latin.yaml:7:4: byte 0xFC is not UTF-8; save the file as UTF-8",
    ),
    "a variable that is not set": (
        "audit -i not-set.yaml", 2,
        "credential c: password: env NOT_SET: the variable is not set; set it: read -rs NOT_SET; export "
        "NOT_SET",
    ),
    "a password file that is not there": (
        "audit -i no-file.yaml", 2,
        "credential c: password: file <site>/pw: cannot be opened: No such file or directory",
    ),
    # Policy, exceptions, waivers.
    "a misspelt key of the policy": (
        "audit --policy misspelt.policy", 2,
        "misspelt.policy:1:1: policy: unknown key 'contact_timeuot' (did you mean 'contact_timeout'?)",
    ),
    "values of a wrong type": (
        "audit --policy types.policy", 2,
        "types.policy:1:18: contact_timeout: 'soon' is not a span of time; expected a number and s, min, "
        "h, days or weeks; without a unit it counts as s\nerror: types.policy:2:17: allow_callhome: "
        "'yes'; expected one of: true, false\nerror: types.policy:3:12: approvals: 'two'; expected a "
        "whole number from 0 to 10, in digits\n3 problems; nothing was contacted",
    ),
    "a window that never opens": (
        "audit --policy never.policy", 2,
        "never.policy:2:38: change_windows: it ends when it begins, so it never opens; for a whole day "
        "write from 00:00 to 24:00",
    ),
    "a window without a day": (
        "audit --policy no-day.policy", 2,
        "no-day.policy:2:12: change_windows: days: the list is empty, so it never opens; expected some "
        "of: mon, tue, wed, thu, fri, sat, sun",
    ),
    "a time zone that does not exist": (
        "audit --policy zone.policy", 2,
        "zone.policy:2:40: change_windows: zone: 'CET/Berlin' is not a time zone; expected e.g. "
        "Europe/Berlin or UTC",
    ),
    "an inventory for a policy": (
        "audit --policy inventory.yaml", 2,
        "inventory.yaml:1:1: this is an inventory, not a policy; give it with -i",
    ),
    "a waiver without an end": (
        "audit --waivers endless.waivers", 2,
        "endless.waivers:2:5: waiver: no until; add it, e.g. until: 2026-12-31",
    ),
    "an exception without an end": (
        "audit --exceptions endless.exceptions", 2,
        "endless.exceptions:2:5: exception: no until; add it, e.g. until: 2026-12-31",
    ),
    "a waiver added without an end": (
        "waivers add fw-par-01 --rule AT301 --owner kim --reason r", 2,
        "waivers add: --until is missing; see 'asa-transport waivers add --help'",
    ),
    "a waiver for a device that is not there": (
        "waivers add fw-par-99 --rule AT301 --owner kim --reason r --until 2030-01-01", 2,
        "DEVICES 'fw-par-99': no device has this name; did you mean 'fw-par-02' or 'fw-par-01'?",
    ),
    "a waiver of nothing": (
        "waivers add fw-par-01 --owner kim --reason r --until 2030-01-01", 2,
        "--rule or --bug is missing: give what is waived, e.g. --rule AT301",
    ),
    "a waiver that may not be": (
        "waivers add fw-par-01 --rule AT501 --owner kim --reason r --until 2030-01-01", 2,
        "AT501 cannot be waived: somebody must act on it",
    ),
    "a date as people write it": (
        "waivers add fw-par-01 --rule AT301 --owner kim --reason r --until 30.12.2030", 2,
        "--until '30.12.2030' is not a date or a time; expected e.g. 2026-12-31 (the end of that day, "
        "UTC) or 2026-12-31T18:00:00Z",
    ),
    "an exception that has ended": (
        "exceptions add fw-par-01 --owner kim --ticket T --reason r --until 2020-01-01 --now "
        "2026-01-12T13:00:00Z", 2,
        "until 2020-01-01T23:59:59Z is in the past: it is 2026-01-12T13:00:00Z now; give a later end",
    ),
    "an exception without an owner": (
        "exceptions add fw-par-01 --owner '' --ticket T --reason r --until 2026-02-01 --now "
        "2026-01-12T13:00:00Z", 2,
        "owner ''; expected 1 to 500 characters on one line, without blanks around them",
    ),
    "closing an exception that is not there": (
        "exceptions close fw-par-01", 2,
        "exceptions.yaml: there is no such file, so there is no entry to close",
    ),
    # Rules, bugs, schemas.
    "a rule that does not exist": (
        "rules AT999", 2,
        "there is no rule 'AT999'; see 'asa-transport rules'",
    ),
    "a rule by its number": (
        "rules 101", 2,
        "there is no rule '101' (did you mean 'AT101'?); see 'asa-transport rules'",
    ),
    "a bug for a version": (
        "bugs CSCwp10957", 2,
        "'CSCwp10957' is a bug, not a version; 'asa-transport bugs' lists the known bugs",
    ),
    "a version that is none": (
        "bugs nine", 2,
        "'nine' is not an ASA version; expected e.g. 9.20(4)14, 9.22(1.1) or 9.22.3",
    ),
    "a schema that does not exist": (
        "schema plans", 2,
        "schema 'plans' is not known (did you mean 'plan'?); expected one of: inventory, policy, bugs, "
        "exceptions, waivers, notify, audit, diff, doctor, notification, plan, push, capture, ticket",
    ),
    # Plans and pushes.
    "a plan in a folder that is not there": (
        "plan -o nowhere/plan.json", 2,
        "-o nowhere/plan.json: cannot be written: there is no directory nowhere; make it first",
    ),
    "a report to a directory": (
        "report last -o folder", 2,
        "folder: cannot be written: it is a directory; name a file in it",
    ),
    "a validity that is none": (
        "plan -o p.json --valid-for soon", 2,
        "--valid-for 'soon' is not a span of time; expected a number and s, min, h, days or weeks",
    ),
    "no validity": (
        "plan -o p.json --valid-for 0", 2,
        "--valid-for '0'; expected from 1 min to 30 days",
    ),
    "a revert without an owner": (
        "plan -o p.json --goal callhome --ticket T", 2,
        "--goal callhome is temporary: also give --owner, --until (the change, who answers for it, and "
        "until when)",
    ),
    "an end without a revert": (
        "plan -o p.json --until 2030-01-01", 2,
        "--until: only for a temporary revert; add --goal callhome, or leave it out",
    ),
    "a push without a plan": (
        "push", 2,
        "push: PLAN.json is missing; see 'asa-transport push --help'",
    ),
    "a plan that is not there": (
        "push nowhere.json", 2,
        "nowhere.json: there is no such file",
    ),
    "a run for a plan": (
        "push <audit>", 2,
        "<audit>: expected the file of a plan, not a run; make a plan of this run: 'asa-transport plan "
        "-o plan.json --from-run <audit>'",
    ),
    "an inventory for a plan": (
        "push inventory.yaml", 7,
        "inventory.yaml: this is not a plan; give the file that 'asa-transport plan -o FILE' has written",
    ),
    "a plan that was edited by hand": (
        "push edited.json", 7,
        "edited.json: the plan was altered at fw-par-02: its digest is <digest>, but its content has "
        "<edited>; make a new plan with 'asa-transport plan', and get it approved again",
    ),
    "a plan that was cut": (
        "push cut.json", 7,
        "cut.json: the plan is not whole: it ends or breaks off at line 21, column 1; make a new plan "
        "with 'asa-transport plan', and get it approved again",
    ),
    "JSON that is no plan": (
        "push empty.json", 7,
        "empty.json: this is not a plan; give the file that 'asa-transport plan -o FILE' has written",
    ),
    "a plan that is too old": (
        "push used.json --now 2040-01-01T00:00:00Z", 7,
        "used.json: the plan expired at <end> (it was made at <made>); make a new plan with "
        "'asa-transport plan', and get it approved again",
    ),
    "a plan of another inventory": (
        "push used.json -i other-inventory.yaml", 2,
        "the inventory has no fw-par-02, which the plan changes (it was made with "
        "<site>/inventory.yaml); give that inventory with -i, or make a new plan",
    ),
    "a plan under another policy": (
        "push used.json --policy other.policy", 7,
        "the plan was made with another policy (ed730b5e8df3) than other.policy, which is 1b264911608d; "
        "give the policy of the plan with --policy, or make a new plan, and get it approved again",
    ),
    "a plan that was pushed": (
        "push used.json --commit --yes", 7,
        "the plan was used before, for fw-par-02: run <push> pushed it at <pushed at>; see "
        "'asa-transport resume <push>', or make a new plan",
    ),
    "a push without a terminal": (
        "push new.json --commit", 2,
        "a push asks before it sends, and there is no terminal; add --yes to send without a question",
    ),
    "an option of a commit in a dry run": (
        "push used.json --yes", 2,
        "the options under 'Sending' are only for a push that sends; add --commit, or leave them out",
    ),
    "a budget in words": (
        "push new.json --max-fail many", 2,
        "--max-fail 'many': expected a number of devices, e.g. 3, or a percentage up to 100%, e.g. 10%",
    ),
    "a pause below zero": (
        "push used.json --pause-between -1", 2,
        "push: --pause-between: '-1'; expected a number, 0 or more; see 'asa-transport push --help'",
    ),
    "an approval that is not there": (
        "push used.json --approval nowhere.sig", 2,
        "--approval nowhere.sig: there is no such file",
    ),
    "a key that is not there": (
        "approve used.json --key nowhere", 2,
        "nowhere: there is no such file; give the file of an SSH key",
    ),
    "a directory for a key": (
        "approve used.json --key folder", 2,
        "folder: this is a directory; give the file of an SSH key",
    ),
    # Runs.
    "a run that is not there": (
        "report 20200101T000000Z-0000", 2,
        "run '20200101T000000Z-0000': there is no such run here; expected an id from 'asa-transport "
        "runs', the beginning of one, or 'last'",
    ),
    "a push for a report": (
        "report <push>", 2,
        "run '<push>': this run is not an audit; see 'asa-transport runs --kind audit'",
    ),
    "a push for a diff": (
        "diff <push>", 2,
        "run '<push>': this run is not an audit; see 'asa-transport runs --kind audit'",
    ),
    "one run for a diff, twice": (
        "diff last", 2,
        "both runs are <audit>; give two different ones, or none for the last two",
    ),
    "a plan for a diff": (
        "diff <planned>", 2,
        "run <planned>: this is a plan; only finished audits are compared: see 'asa-transport runs "
        "--kind audit'",
    ),
    "an audit to resume": (
        "resume <audit>", 2,
        "run '<audit>': this run is not a push; see 'asa-transport runs --kind push'",
    ),
    "a push to plan from": (
        "plan -o p.json --from-run <push>", 2,
        "run '<push>': this run is not an audit; see 'asa-transport runs --kind audit'",
    ),
    "a file that show does not find": (
        "show nowhere.json", 2,
        "'nowhere.json': there is no such plan file here, and no such run in state/runs; expected a "
        "plan's file, an id from 'asa-transport runs', the folder of a run, or 'last'",
    ),
    "a limit that shows nothing": (
        "show <push> -l nobody", 2,
        "--limit 'nobody': no device has this name; see 'asa-transport inventory show'",
    ),
    "a format of a report that does not exist": (
        "report last --format pdf", 2,
        "report: --format: 'pdf'; expected one of: table, json, jsonl, csv, md, html, junit, sarif; see "
        "'asa-transport report --help'",
    ),
    "a word in the place of a run": (
        "audit --since yesterday", 2,
        "run 'yesterday': there is no such run here; expected an id from 'asa-transport runs', the "
        "beginning of one, or 'last'",
    ),
    "a file for a state directory": (
        "runs --state-dir inventory.yaml", 2,
        "the run store inventory.yaml/history.db: a file has the name of its folder, or of one above it; "
        "give a state directory of your own with --state-dir or ASA_TRANSPORT_STATE_DIR",
    ),
    "a ticket in the place of a file": (
        "ticket last -o inventory.yaml", 2,
        "-o inventory.yaml: this is not a folder, and a ticket is one; give a new name",
    ),
    "no audit yet": (
        "report last --state-dir new", 2,
        "there is no finished audit here; run 'asa-transport audit' first",
    ),
    "no audit to compare": (
        "diff --state-dir new", 2,
        "there is no finished audit here; run 'asa-transport audit' first",
    ),
    "no push to resume": (
        "journal verify --state-dir new", 2,
        "new/runs: there is no push here; run 'asa-transport push PLAN.json --commit' first",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_in_one_line(desk: Path, mistake: str) -> None:
    """Where, what was seen, what to do; no traceback, no words of a library, and nothing was contacted."""
    words, code, said = MISTAKES[mistake]
    values = known(desk)
    for name, value in values.items():
        words, said = words.replace(name, value), said.replace(name, value)

    ended = cli(*shlex.split(words))

    told = ended.err.replace("\n1 problem; nothing was contacted", "")
    assert (told, ended.out, ended.code) == (f"error: {said}\n", "", code)


# How the libraries below speak.
FOREIGN = re.compile(
    r"Input should|valid (integer|number|float)|[Ii]nvalid value|Traceback|\[Errno|while (parsing|scanning)"
)


def test_no_wrong_number_or_word_is_answered_in_the_words_of_a_library() -> None:
    """Of every option that takes a number or one of a few words: they come from three libraries."""
    for name, command in commands_of(typer.main.get_command(app)).items():
        below = getattr(command, "commands", None)
        for path, one in {name: command}.items() if below is None else below.items():
            words = [path] if below is None else [name, path]
            for option in filter(_is_converted, one.params):
                ended = cli(*words, option.opts[0], "nonsense")

                place = f"{' '.join(words)}: {option.opts[0]}"
                assert ended.code == 2, place
                assert re.fullmatch(r"error: .*'nonsense'.*; expected .*; see '.*'\n", ended.err), (
                    place,
                    ended.err,
                )
                assert not FOREIGN.search(ended.err), (place, ended.err)


def _is_converted(param: Any) -> bool:
    """Whether an option takes a number, a time or one of a few words."""
    if param.param_type_name != "option" or param.is_flag:
        return False
    kind = param.type_descriptor.annotation
    kinds = {kind, *get_args(kind)} - {list}
    return any(isinstance(one, type) and issubclass(one, int | float | datetime | enum.Enum) for one in kinds)


def test_no_mistake_leaves_anything_behind(desk: Path) -> None:
    """A run that was refused is not listed, and has no folder."""
    before = sorted(path.name for path in (desk / "state" / "runs").iterdir())

    for words in ("audit --since yesterday", "audit --fail-on-new high", "audit -l nobody"):
        assert cli(*words.split()).code == 2

    assert sorted(path.name for path in (desk / "state" / "runs").iterdir()) == before
