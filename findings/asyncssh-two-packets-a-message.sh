#!/usr/bin/env bash
# asyncssh 2.24.1 sends an empty SSH_MSG_IGNORE ahead of every message of a session, whatever the cipher.
#
# Guess:    what is written to a channel leaves as one SSH message; RFC 4253 advises an IGNORE message only to
#           randomize the chained blocks of a CBC cipher (§9.3.1), and OpenSSH sends none with AES-GCM.
# Seen:     once a connection is encrypted, each message is led by an IGNORE of its own, with AES-GCM and
#           chacha20-poly1305 as well: twelve lines typed and echoed bring twelve of them each way.
# Matters:  a fleet's session costs twice the packets, ciphers and authentication tags, at both ends; a mock
#           server on asyncssh makes every client look slower than a firewall would; and a count of packets
#           in a capture says nothing of what was typed.
#
# Exits 0 while it is so, 1 once asyncssh behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check asyncssh==2.24.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio, sys
from collections import Counter
import asyncssh

IGNORE, DATA = 2, 94
LINES = 12


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False


async def echo(process):
    async for line in process.stdin:
        process.stdout.write(line)
    process.exit(0)


async def counted(cipher):
    sent, came = Counter(), Counter()

    class Client(asyncssh.SSHClient):
        def connection_made(self, connection):
            send, receive = connection.log_sent_packet, connection.log_received_packet
            connection.log_sent_packet = lambda kind, *rest: (sent.update([kind]), send(kind, *rest))
            connection.log_received_packet = lambda kind, *rest: (came.update([kind]), receive(kind, *rest))

    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=Server, server_host_keys=[key],
                                   process_factory=echo)
    port = server.sockets[0].getsockname()[1]
    connection, _ = await asyncssh.create_connection(
        Client, "127.0.0.1", port, username="user", known_hosts=([key.convert_to_public()], [], []), client_keys=None,
        agent_path=None, config=None, encryption_algs=[cipher])
    async with connection:
        process = await connection.create_process()
        sent.clear(), came.clear()
        for number in range(LINES):
            process.stdin.write(f"line {number}\n")
            await process.stdout.readline()
        found = (sent[IGNORE], came[IGNORE])
    server.close()
    return found


seen = {}
for cipher in ("aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr"):
    seen[cipher] = asyncio.run(counted(cipher))
    print(f"asyncssh {asyncssh.__version__}, {cipher}: {LINES} lines typed and echoed, "
          f"IGNORE sent {seen[cipher][0]}, received {seen[cipher][1]}")
sys.exit(not all(sent >= LINES and came >= LINES for sent, came in seen.values()))
PYTHON
