"""Read `policy.yaml`: what the user decided once for the whole fleet.

Guarantees every problem at once with its line and column, unknown keys refused, and
for a key that is left out the default of `Policy`.  Without a file, all defaults.
Never looks for a file by itself.

Source: policy.example.yaml documents every key.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from asa_transport.errors import PolicyError
from asa_transport.files import other_files
from asa_transport.files.user_file import data_of, top_of
from asa_transport.model import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicy:
    """A policy and the digest that a report carries: of the file's bytes, or of the defaults as JSON.

    Attributes:
        given: The attributes that the file sets.
    """

    policy: Policy
    sha256: str
    given: frozenset[str] = frozenset()


def load(path: Path | None) -> Policy:
    """Return the policy of a file, the defaults where it is `None`; raises as `read`."""
    return read(path).policy


def read(path: Path | None) -> LoadedPolicy:
    """Return the policy of a file with its digest.

    Args:
        path: YAML, UTF-8; `None` for the defaults.  A path that is given must exist.

    Raises:
        PolicyError: Holds every problem, in file order.
    """
    if path is None:
        canonical = json.dumps(dataclasses.asdict(Policy()), sort_keys=True).encode()
        return LoadedPolicy(policy=Policy(), sha256=hashlib.sha256(canonical).hexdigest())
    data = data_of(path, PolicyError)
    top, checker = top_of(data, str(path), other_files.POLICY, PolicyError)
    # Brings pydantic, which a run without a policy file does not wait for.
    from asa_transport.files import policy_file  # noqa: PLC0415

    given = policy_file.read(top, checker, path.parent)
    if checker.problems:
        raise PolicyError(checker.problems)
    digest = hashlib.sha256(data).hexdigest()
    return LoadedPolicy(policy=Policy(**given), sha256=digest, given=frozenset(given))
