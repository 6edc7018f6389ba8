#!/usr/bin/env bash
# asyncssh 2.24.1 compares the names of known_hosts letter by letter: a line that `ssh` wrote does not serve FW-PAR-01.
#
# Guess:    host names have no case: `ssh FW-PAR-01` and `ssh fw-par-01` use one line of known_hosts, and a client
#           that reads the same file finds it for both.
# Seen:     OpenSSH looks a name up in small letters (and so writes it), and finds lines written in capitals too.
#           asyncssh finds a line only for a name that is written as the line is, in its lookup and in a connection:
#           `HostKeyNotVerifiable` otherwise.
# Matters:  inventories of firewalls are written in capitals at many sites, and their known_hosts comes from `ssh`
#           or `ssh-keyscan`: every such device fails as one does whose key changed.
#
# Exits 0 while it is so, 1 once asyncssh behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check asyncssh==2.24.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio, sys
import asyncssh


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False


async def connected():
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=Server, server_host_keys=[key])
    port = server.sockets[0].getsockname()[1]
    public = " ".join(key.export_public_key().decode().split()[:2])
    seen = {}
    for written in ("LOCALHOST", "localhost"):
        known = asyncssh.import_known_hosts(f"[{written}]:{port} {public}\n")
        for asked in ("LOCALHOST", "localhost"):
            try:
                async with asyncssh.connect(asked, port, username="user", known_hosts=known, client_keys=None,
                                            agent_path=None, config=None):
                    seen[written, asked] = "connected"
            except asyncssh.HostKeyNotVerifiable:
                seen[written, asked] = "HostKeyNotVerifiable"
            print(f"asyncssh {asyncssh.__version__}: the file has {written}, asked for {asked}: "
                  f"{seen[written, asked]}")
    server.close()
    return seen


seen = asyncio.run(connected())
sys.exit(any((outcome == "connected") != (written == asked) for (written, asked), outcome in seen.items()))
PYTHON
