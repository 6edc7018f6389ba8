#!/usr/bin/env bash
# asyncssh 2.24.1 has not ended a connection when abort() or close() returns: its transport goes on for a turn.
#
# Guess:    abort() "closes the SSH connection immediately", as the abort() of an asyncio transport does; a socket
#           of one's own, given as `sock=`, can be closed right behind it, and its descriptor is free.
# Seen:     the transport is told a turn of the loop later.  A connection dialled in the same turn has the
#           descriptor of the closed socket, and asyncio refuses to watch it: "File descriptor N is used by transport".
#           Behind the abort() of asyncio's own transport, the same order of lines works.
# Matters:  who dials many devices on one loop and closes each socket by hand loses, now and then, the next
#           device for the end of another: an error that names neither, more often the busier the loop is.
#           `await connection.wait_closed()`, or closing through the transport, is what helps.
#
# Exits 0 while it is so, 1 once asyncssh behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check asyncssh==2.24.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio, socket, sys
import asyncssh


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False


def watched_next(number):
    """Open the socket that gets this descriptor, and watch it as a dialler does; return what that says."""
    loop = asyncio.get_running_loop()
    with socket.socket() as following:
        assert following.fileno() == number, "another descriptor was free"
        try:
            loop.add_reader(following.fileno(), lambda: None)
        except RuntimeError as error:
            return str(error).split(" transport ")[0].replace(str(number), "N")
        loop.remove_reader(following)
        return "watched"


def dialled(port):
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setblocking(False)
    return sock, sock.fileno()


async def ended_by(how, port, key):
    sock, number = dialled(port)
    connection = await asyncssh.connect(sock=sock, host="127.0.0.1", username="user", client_keys=None, config=None,
                                        known_hosts=([key.convert_to_public()], [], []), agent_path=None)
    getattr(connection, how)()
    sock.close()
    found = watched_next(number)
    await connection.wait_closed()
    return found


async def plain(port):
    sock, number = dialled(port)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=sock)
    transport.abort()
    sock.close()
    return watched_next(number)


async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=Server, server_host_keys=[key])
    port = server.sockets[0].getsockname()[1]
    seen = {f"asyncssh connection.{how}()": await ended_by(how, port, key) for how in ("abort", "close")}
    seen["asyncio transport.abort()"] = await plain(port)
    server.close()
    return seen


seen = asyncio.run(main())
for what, found in seen.items():
    print(f"asyncssh {asyncssh.__version__}, Python {sys.version.split()[0]}: {what}, then the socket closed; "
          f"the next one with its descriptor: {found}")
abort, close, own = seen.values()
sys.exit(not (abort == close == "File descriptor N is used by" and own == "watched"))
PYTHON
