#!/usr/bin/env bash
# asyncssh 2.24.1 takes a host certificate for 127.0.0.* for no host at all.
#
# Guess:    the names in a host certificate mean the same to every client, as those of known_hosts do: that of a
#           certificate for `*.example.net` is each host there.
# Seen:     asyncssh compares the names of a certificate letter by letter, so that a pattern is a name that no host
#           has. OpenSSH 9.2, as the script shows where it is installed, does the same; 10.3 reads patterns for
#           hosts (its release notes).
# Matters:  one file of known_hosts with a `@cert-authority` line admits other hosts by `ssh` of this year than by
#           `ssh` of the last and by this library.
#
# Exits 0 while it is so, 1 once asyncssh behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check asyncssh==2.24.1
"$folder/venv/bin/python" -W ignore - "$folder" <<'PYTHON'
import asyncio, shutil, subprocess, sys
from pathlib import Path
import asyncssh

FOLDER = Path(sys.argv[1])
HOST = "127.0.0.1"
EXPECTED = {"127.0.0.1": "connected", "127.0.0.*": "HostKeyNotVerifiable"}


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False


async def seen_by_openssh(port, known):
    program = shutil.which("ssh")
    if program is None:
        return "ssh is not installed"
    version = subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stderr.split(",")[0]
    process = await asyncio.create_subprocess_exec(
        program, "-F", "none", "-p", str(port), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
        "-o", f"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=none", "-N", "-v", f"user@{HOST}",
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = ""
    async with asyncio.timeout(30):
        while line := (await process.stderr.readline()).decode():
            if "Authenticated to" in line or "verification failed" in line:
                said = "connected" if "Authenticated" in line else "refused"
                break
    if process.returncode is None:
        process.terminate()
    await process.wait()
    return f"{version}: {said or 'ended'}"


async def seen(names, authority):
    key = asyncssh.generate_private_key("ssh-ed25519")
    certificate = authority.generate_host_certificate(key, "test", principals=names)
    server = await asyncssh.listen(HOST, 0, server_factory=Server, server_host_keys=[(key, certificate)])
    port = server.sockets[0].getsockname()[1]
    known = FOLDER / "known_hosts"
    known.write_text(f"@cert-authority * {authority.export_public_key().decode()}")
    try:
        async with asyncssh.connect(HOST, port, username="user", known_hosts=str(known), client_keys=None,
                                    agent_path=None, config=None):
            found = "connected"
    except asyncssh.HostKeyNotVerifiable:
        found = "HostKeyNotVerifiable"
    theirs = await seen_by_openssh(port, known)
    print(f"certificate for {','.join(names)}, host {HOST}: asyncssh {asyncssh.__version__}: {found}; "
          f"{theirs}")
    server.close()
    return found


async def main():
    authority = asyncssh.generate_private_key("ssh-ed25519")
    return {name: await seen([name], authority) for name in EXPECTED}


sys.exit(asyncio.run(main()) != EXPECTED)
PYTHON
