"""Read the secrets of a run again from where they came, when firewalls begin to reject one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from asa_transport.edges.secrets import credentials
from asa_transport.engine.secret_guard import Changed, Unchanged
from asa_transport.model import Credential, CredentialSpec, SecretUse


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSources:
    """Where the secrets of a run came from.

    Attributes:
        secrets: Those in use, by credential; a changed one is put into it, so that who logs in has it.
    """

    specs: tuple[CredentialSpec, ...]
    secrets: dict[str, Credential]

    def read_again(self, credential: str, use: SecretUse) -> Changed | Unchanged:
        """Read the source of a credential again; never raises, may take as long as its source."""
        before = self.secrets[credential]
        (spec,) = (one for one in self.specs if one.name == credential)
        found, why = credentials.read_again(spec, before, use)
        if found is None:
            return Unchanged(why=why)
        changed = credentials.differing(before, found)
        return Changed(uses=changed, adopt=partial(self.secrets.__setitem__, credential, found))
