#!/usr/bin/env bash
# paramiko 5.1.0 reports a password that has expired as "Illegal info request from server".
#
# Guess:    a server that asks to change an expired password (SSH_MSG_USERAUTH_PASSWD_CHANGEREQ, RFC 4252,
#           section 8) makes the login fail as an authentication error that says so.
# Seen:     the message has the number 60, which keyboard-interactive uses for its questions (RFC 4256).
#           paramiko takes every 60 for such a question and, in the method `password`, raises a plain
#           SSHException whose text speaks of an illegal message.  asyncssh as the client calls it PermissionDenied.
# Matters:  a tool that sorts failures by class files an expired password under "broken server" and tries again.
#
# Exits 0 while it is so, 1 once either library behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check paramiko==5.1.0 asyncssh==2.24.1
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio, logging, socket, sys
import asyncssh, paramiko

# It prints the traceback of its thread too.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        raise asyncssh.PasswordChangeRequired("please choose another one")


def by_paramiko(port):
    transport = paramiko.Transport(socket.create_connection(("127.0.0.1", port)))
    try:
        transport.start_client(timeout=20)
        transport.auth_password("user", "old", fallback=False)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        transport.close()


async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=Server, server_host_keys=[key])
    port = server.sockets[0].getsockname()[1]
    first = await asyncio.to_thread(by_paramiko, port)
    try:
        async with asyncssh.connect("127.0.0.1", port, known_hosts=None, username="user", password="old",
                                    client_keys=None, agent_path=None, preferred_auth="password"):
            second = "logged in"
    except asyncssh.Error as error:
        second = type(error).__name__
    server.close()
    return first, second


seen = asyncio.run(main())
print(f"paramiko {paramiko.__version__}: {seen[0]}")
print(f"asyncssh {asyncssh.__version__}: {seen[1]}")
sys.exit(seen != ("SSHException: Illegal info request from server", "PermissionDenied"))
PYTHON
