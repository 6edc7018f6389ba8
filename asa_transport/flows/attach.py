"""Go on with an audit whose process died: what it has finished is in the store, and is not contacted again.

The run stays what it was: its id, its standard and its time; what it reads now is judged with what it has
read, and its document has every device once.  Refused where that would be another run: other devices,
other addresses, another policy; or where somebody makes it still.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final

from asa_transport._version import __version__
from asa_transport.capabilities import Teller
from asa_transport.core.history import choose
from asa_transport.core.judgement.judge import Standard
from asa_transport.edges.secrets.operator import login_name
from asa_transport.edges.state import run_folder
from asa_transport.edges.state.run_folder import RunFolder
from asa_transport.edges.state.store import Store
from asa_transport.engine.deadline import RunStop
from asa_transport.errors import UserError
from asa_transport.flows import history
from asa_transport.flows.inputs import StateLocation
from asa_transport.flows.recorder import RunOrder, RunRecorder, earlier_of, owner_of
from asa_transport.model import AUDIT_KIND, Device, RunStatus, StoredRun

_NAMED: Final = 5


@contextmanager
def attached_run(
    order: RunOrder, location: StateLocation, *, tell: Teller, stop: RunStop | None = None
) -> Iterator[RunRecorder]:
    """Take up the run that the order names, and end it as interrupted where it does not come to its end.

    Raises:
        UserError: It cannot go on, or not as this order says; no device was contacted.
        StoreError: The store, which has what was finished, cannot be used.
    """
    run_folder.make_private(location.directory)
    run_folder.check_closed(location.directory)
    with ExitStack() as held:
        store = held.enter_context(history.open_store(location, stop=stop))
        found = _left_run(store.runs(), order.attach or choose.LAST)
        if run_folder.is_held(location.directory, found.id):
            raise _alive(found, "a process on this machine")
        other = held.enter_context(store.lease(owner_of(found.id)))
        if other is not None:
            raise _alive(found, other.by)
        folder = held.enter_context(RunFolder(location.directory, found.id).held())
        done = frozenset(_finished(store, found, order))
        run = replace(
            found,
            status=RunStatus.RUNNING,
            place=location.place,
            operator=login_name(),
            tool_version=__version__,
            fail_on=order.fail_on,
            not_audited=0,
        )
        store.take_up(run)
        tell.note(
            f"run {run.id} goes on: {len(done)} of {len(order.devices)} devices were finished before, and "
            "are not contacted again"
        )
        recorder = RunRecorder(
            run,
            store.context(run.id, Standard),
            earlier=earlier_of(store, order, location, but=run.id),
            store=store,
            folder=folder,
            tell=tell,
            done=done,
        )
        try:
            yield recorder
        finally:
            recorder.mark_interrupted()
            recorder.say_store_error()


def _left_run(known: Sequence[StoredRun], wanted: str) -> StoredRun:
    """Return the audit that was left; `last` is the newest one that was."""
    if wanted == choose.LAST:
        left = [run for run in known if run.status is RunStatus.INTERRUPTED and _is_left(run)]
        if not left:
            raise UserError("no audit was left unfinished here, so there is none to attach to; audit anew")
        return left[-1]
    found = choose.named(known, wanted)
    if found.kind != AUDIT_KIND:
        raise UserError(f"run {found.id}: this is a {found.what}, and only an audit can be attached to")
    if not _is_left(found):
        raise UserError(f"run {found.id}: this audit has ended; audit anew")
    return found


def _is_left(run: StoredRun) -> bool:
    # One that a person stopped has its end: it says which devices it did not reach.
    return run.kind == AUDIT_KIND and run.status is not RunStatus.FINISHED and run.finished_at is None


def _finished(store: Store, run: StoredRun, order: RunOrder) -> Iterator[str]:
    """Yield the devices that were finished; raise UserError where the rest would be of another run."""
    if order.standard.policy_sha256 != run.policy_sha256:
        raise _other(run, "the policy is another one than the run began with; put that back")
    mine = {device.name: device for device in order.devices}
    _check_names(run, set(store.names(run.id)), mine)
    for outcome in store.finished(run.id):
        then, now = outcome.device, mine[outcome.device.name]
        if (then.host, then.port, then.jump) != (now.host, now.port, now.jump):
            raise _other(run, f"{then.name} was read at {then.host}, port {then.port}, and is now elsewhere")
        yield then.name


def _check_names(run: StoredRun, then: set[str], mine: Mapping[str, Device]) -> None:
    new, gone = sorted(mine.keys() - then), sorted(then - mine.keys())
    seen = [
        f"{what}: {', '.join(names[:_NAMED])}" + (", …" if len(names) > _NAMED else "")
        for what, names in (("not in the run", new), ("only in the run", gone))
        if names
    ]
    if seen:
        began = f" with -l '{','.join(run.limit)}'" if run.limit else " without -l"
        raise _other(
            run, f"other devices are selected than it had ({'; '.join(seen)}); it began{began}, give the same"
        )


def _other(run: StoredRun, seen: str) -> UserError:
    return UserError(f"run {run.id} cannot go on: {seen}, or audit anew")


def _alive(run: StoredRun, by: str) -> UserError:
    return UserError(f"run {run.id} is still being made, by {by}; wait for its end")
