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
from typing import Any

from asa_transport.errors import PolicyError
from asa_transport.files import other_files, yamltext
from asa_transport.files.checker import Checker, why_unreadable
from asa_transport.files.regular_file import read_plain
from asa_transport.files.yamltext import Node
from asa_transport.model import Policy, Problem


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
    file = str(path)
    try:
        data = read_plain(path, yamltext.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PolicyError((Problem(file=file, message=why_unreadable(error)),)) from error
    document = yamltext.parse(data, file=file)
    if document.root is None:
        raise PolicyError(document.problems)
    checker = Checker(file, document.problems)
    given = _given(checker, document.root, path.parent)
    if checker.problems:
        raise PolicyError(checker.problems)
    digest = hashlib.sha256(data).hexdigest()
    return LoadedPolicy(policy=Policy(**given), sha256=digest, given=frozenset(given))


def _given(checker: Checker, root: Node, folder: Path) -> dict[str, Any]:
    """Return what the file sets, by attribute, as far as it is right."""
    top = other_files.top(checker, root, other_files.POLICY)
    if top is None:
        return {}
    # Brings pydantic, which a run without a policy file does not wait for.
    from asa_transport.files import policy_file  # noqa: PLC0415

    return policy_file.read(top, checker, folder)
