"""Hand the secrets of a run over to a worker process of ours, and take them there.

They travel as bytes through a socket pair that only the two processes hold: on no disk,
in no argument, in no environment, and in no pickle, which `Secret` refuses.  Beside
`edges/ssh/session.py` this is the one file that reveals a secret; a test holds it to that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from asa_transport.model import Credential, Secret


def packed(secrets: Mapping[str, Credential]) -> bytes:
    """Return the secrets as bytes, for the socket pair alone."""
    return json.dumps(
        {
            name: (one.password.reveal(), None if one.enable is None else one.enable.reveal())
            for name, one in secrets.items()
        }
    ).encode()


def unpacked(data: bytes) -> dict[str, Credential]:
    """Return the secrets that `packed` gave."""
    return {
        name: Credential(password=Secret(password), enable=None if enable is None else Secret(enable))
        for name, (password, enable) in json.loads(data).items()
    }
