#!/usr/bin/env bash
# paramiko 5.1.0 and asyncssh 2.24.1 gave up opposite halves of what old firewalls speak.
#
# Guess:    of two current SSH clients the stricter one is stricter in everything, so that a device which one
#           reaches is reached by the more lenient one too.
# Seen:     paramiko offers CBC ciphers by default and has no SHA-1 key exchange and no `ssh-rsa` any more;
#           asyncssh offers SHA-1 key exchange (group 14) and `ssh-rsa` by default, and no CBC.  A device with
#           group14-sha1 and aes256-cbc alone is reached by neither.
# Matters:  a move from one library to the other loses other firewalls than the ones it wins.
#
# Exits 0 while it is so, 1 once either library behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check paramiko==5.1.0 asyncssh==2.24.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
import asyncssh, paramiko
from asyncssh.encryption import get_default_encryption_algs
from asyncssh.kex import get_default_kex_algs
from asyncssh.public_key import get_default_public_key_algs

KEX, KEY, CIPHER = "diffie-hellman-group14-sha1", "ssh-rsa", "aes256-cbc"
of_paramiko = tuple(
    name in offered
    for name, offered in (
        (KEX, paramiko.Transport._preferred_kex),
        (KEY, paramiko.Transport._preferred_keys),
        (CIPHER, paramiko.Transport._preferred_ciphers),
    )
)
of_asyncssh = tuple(
    name.encode() in offered
    for name, offered in (
        (KEX, get_default_kex_algs()),
        (KEY, get_default_public_key_algs()),
        (CIPHER, get_default_encryption_algs()),
    )
)
print(f"offered by default: {KEX}, {KEY}, {CIPHER}")
print(f"paramiko {paramiko.__version__}: {of_paramiko}")
print(f"asyncssh {asyncssh.__version__}: {of_asyncssh}")
sys.exit((of_paramiko, of_asyncssh) != ((False, False, True), (True, True, False)))
PYTHON
