#!/usr/bin/env bash
# netmiko 4.8.0 types `configure terminal` and `terminal width 511` at every login to a Cisco ASA.
#
# Guess:    opening a session and reading one `show` command sends that command, and what turns the pager off.
# Seen:     the driver `cisco_asa` asks for the privilege (`show curpriv`), turns the pager off, and then enters
#           configuration mode to widen the terminal, before the first command of its user.  With
#           `allow_auto_change=False` it leaves the configuration alone; nothing in the call that opens a
#           session to read says that it would not.
# Matters:  a read-only audit changes the running configuration (the firewall then says that it was modified),
#           fails for accounts that may not configure, and on a standby unit works against its mate.
#
# Exits 0 while it is so, 1 once netmiko behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check netmiko==4.8.0 asyncssh==2.24.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio, sys
import asyncssh, netmiko

typed = []


async def terminal(process):
    """A firewall whose prompt changes with the mode, and which echoes what is typed."""
    prompt = "fw# "
    process.stdout.write(prompt)
    try:
        async for line in process.stdin:
            line = line.strip()
            typed.append(line)
            process.stdout.write(line + "\r\n")
            if line == "exit" and prompt == "fw# ":
                break
            if line == "login":
                process.stdout.write("Username: ")
                continue
            if line == "configure terminal":
                prompt = "fw(config)# "
            elif line == "end":
                prompt = "fw# "
            process.stdout.write(prompt)
    except asyncssh.BreakReceived:
        pass
    process.exit(0)


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return True


def read(port, **options):
    typed.clear()
    session = netmiko.ConnectHandler(device_type="cisco_asa", host="127.0.0.1", port=port, username="user",
                                     password="word", secret="word", **options)
    session.send_command("show version")
    session.disconnect()
    return [line for line in typed if line]


async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=Server, server_host_keys=[key],
                                   process_factory=terminal, line_editor=False)
    port = server.sockets[0].getsockname()[1]
    plain = await asyncio.to_thread(read, port)
    lean = await asyncio.to_thread(read, port, allow_auto_change=False)
    server.close()
    return plain, lean


plain, lean = asyncio.run(main())
print(f"netmiko {netmiko.__version__}, as it comes:        {plain}")
print(f"netmiko {netmiko.__version__}, no automatic change: {lean}")
writes = {"configure terminal", "terminal width 511"}
sys.exit(not (writes <= set(plain) and not writes & set(lean)))
PYTHON
