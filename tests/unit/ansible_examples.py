"""Inventories as Ansible's documentation has them, with firewalls; `tests/readers` asks Ansible itself."""

from __future__ import annotations

from pathlib import Path

from tests.unit.importing import SENTINEL

INI = f"""\
# a host of no group
fw-lab ansible_host=192.0.2.9

[par]
fw-par-[01:03] ansible_user=ann ansible_port=2222
fw-par-04:2022 release="9.20" note='a b'

[ber]
fw-ber-[a:c].example.net

[emea:children]
par
ber
asa

[asa:children]
ber

[emea:vars]
ansible_user=emea-reader
ansible_network_os=cisco.asa.asa
release="9.20"
ansible_password={SENTINEL}

[par:vars]
ansible_user = "par-reader"
ansible_ssh_common_args='-o ProxyJump=jump@bastion.example.net -o ServerAliveInterval=5'

[ber:vars]
ansible_user=ber-reader

[asa:vars]
ansible_user=asa-reader
ansible_group_priority=10
"""

YAML = """\
all:
  vars:
    ansible_user: everybody
    ansible_network_os: asa
  hosts:
    fw-lab: {ansible_host: 192.0.2.9, ansible_user: 0123}
  children:
    zebra:
      vars: {ansible_port: 2001, ansible_user: zebra}
      hosts:
        fw-1: {ansible_host: 192.0.2.1}
        fw-[02:03]:
    alpha:
      vars: {ansible_port: 2002, ansible_user: alpha}
      hosts:
        fw-1:
        fw-9: {ansible_host: 192.0.2.8}
      children:
        inner:
          hosts:
            fw-1:
          vars: {ansible_port: 2003}
    first:
      vars: {ansible_group_priority: 5, ansible_user: first}
      hosts: {fw-02: {}}
"""

GROUP_VARS = {
    "group_vars/all.yml": "ansible_user: from-all\nsite: all\n",
    "group_vars/alpha/one.yml": "ansible_user: from-alpha\n",
    "group_vars/zebra": "ansible_port: 2201\n",
    "host_vars/fw-1.yaml": "ansible_host: 192.0.2.101\n",
}


def written(folder: Path) -> dict[str, str]:
    """Write three inventories; return the sources, and what Ansible calls each."""
    (folder / "hosts.ini").write_text(INI)
    (folder / "hosts.yml").write_text(YAML)
    both = folder / "both"
    for name, text in {**GROUP_VARS, "hosts": YAML}.items():
        (both / name).parent.mkdir(parents=True, exist_ok=True)
        (both / name).write_text(text)
    return {"ini": "hosts.ini", "yaml": "hosts.yml", "folder": "both"}
