"""Give a store that several machines share the plan or the push that has just ended here.

Without such a store nothing is done: the next command that opens the history of this machine finds the
run's folder.  A store that is away here costs the history, and neither the run nor its exit code; a push
that is to be locked in it does not begin without it (`push_locks.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asa_transport.capabilities import Teller
from asa_transport.core.judgement.judge import Standard
from asa_transport.edges.state import run_folder, run_turns
from asa_transport.edges.state.store import Store
from asa_transport.edges.state.store.engine import located
from asa_transport.edges.state.store.imported import push_of
from asa_transport.errors import StoreError
from asa_transport.flows.history import open_store
from asa_transport.flows.inputs import StateLocation
from asa_transport.model import Policy


def check_store(location: StateLocation) -> None:
    """Raise StoreError where the store is named wrongly; opens nothing."""
    located(location.directory, location.store)


def keep_plan(location: StateLocation, folder: Path, tell: Teller) -> None:
    """Let the store have the run of a plan, whose folder it is taken in from."""
    _kept(location, folder, tell, lambda _store: None)


def keep_push(location: StateLocation, folder: Path, document: Mapping[str, Any], tell: Teller) -> None:
    """Let the store have a push or a dry run; one that goes on is there already."""

    def put(store: Store) -> None:
        run = push_of(document, place=location.place, size=run_folder.size(folder))
        run = replace(run, sequence=run_turns.turn(folder).sequence, operator=run_folder.owner(folder))
        if run.id in {one.id for one in store.runs()}:
            store.finish(run, ())
        else:
            nothing = Standard(policy=Policy(), catalogue=(), exemptions=(), now=datetime.now(UTC))
            store.begin(run, (), nothing)

    _kept(location, folder, tell, put)


def _kept(location: StateLocation, folder: Path, tell: Teller, put: Callable[[Store], None]) -> None:
    if location.store is None:
        return
    try:
        with open_store(location) as store:
            put(store)
    except StoreError as error:
        tell.warn(f"warning: {error}; this run is not in the history and is kept in {folder} alone")
