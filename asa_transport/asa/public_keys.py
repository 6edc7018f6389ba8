"""What an ASA has to know of a user who logs in by an SSH key, and which keys it takes.

Plain keys, entered a user (`ssh authentication publickey` below `username NAME attributes`), "with no
certificates".  A key is one line of its configuration, of which 8.4 took 512 characters: an RSA key of 2048
bits, and none that is longer.  Which kinds beside RSA a release takes is in its own guide.  That a
rejected key counts as a failed login (`aaa local authentication attempts max-fail`) is unproven
(`rejected-key-counts`), and taken to be so.

Source: Cisco ASA 5500 Series Configuration Guide using the CLI, 8.4 and 8.6, "Authenticating Users with a
Public Key for SSH"; `sources.MANAGEMENT_GUIDE`, "Configure SSH Access"; Cisco Community, "ASA 8.4(4) public
key authentication" (the length of a line).
"""

from __future__ import annotations

from typing import Final

ENTER_KEY: Final = (
    "enter its public half there (`username NAME attributes`, `ssh authentication publickey KEY`)"
)
PLAIN_KEYS_ALONE: Final = (
    "an ASA takes plain keys alone: set `certificate: none` below the credential's key to show that one"
)
