"""Do the work of an audit on one device that was reached: log in, read, keep the answers."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, assert_never

from asa_transport.capabilities import Again, Deadline, EnableHeld, Session, Visit
from asa_transport.core.parsing.tables import TableSet
from asa_transport.core.planning.probe import is_probe
from asa_transport.edges.ssh.hostkeys import KnownHosts
from asa_transport.edges.state.run_folder import RunFolder
from asa_transport.engine.fleet import Loss, Lost
from asa_transport.errors import (
    AuthenticationError,
    CollectError,
    ConnectError,
    DeviceError,
    EnableError,
    HostKeyError,
    internal_error,
)
from asa_transport.flows.audit_device import Auditor, ProbeTargets, not_audited
from asa_transport.model import (
    AuditOutcome,
    Capture,
    Credential,
    Device,
    HostKeys,
    Limits,
    NotAudited,
    SecretUse,
    SshPolicy,
    Stage,
    with_ssh,
)

if TYPE_CHECKING:
    from asa_transport.edges.ssh.backend import SshSession


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditJob:
    """What is done on every device of a run.

    Attributes:
        folder: Takes the tracebacks of faults of ours; `None` where there is none.
        targets: What each firewall itself tries to reach; only with them a session may send `ping tcp`.
        ssh: What is offered to a device of which the inventory does not say it.
        also: What is asked on every device beside the usual.
    """

    tables: TableSet
    limits: Limits
    folder: RunFolder | None
    targets: ProbeTargets | None = None
    ssh: SshPolicy = SshPolicy.DEFAULT
    also: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWorker:
    """Does the job, for many devices in turns; the answers are in the outcomes."""

    job: AuditJob
    secrets: dict[str, Credential]
    known: KnownHosts = field(default_factory=KnownHosts)

    def work(self, visit: Visit) -> AuditOutcome:
        """Return the outcome of one visit; raise `Again` where the link broke before the login."""

        def login(device: Device, deadline: Deadline) -> Session:
            session = self._login(visit, device, deadline)
            visit.heard()
            return session

        job = self.job
        auditor = Auditor(
            open_session=login, tables=job.tables, targets=job.targets, also=job.also, heard=visit.heard
        )
        return auditor.audit(visit.device, visit.deadline)

    def login(self, visit: Visit) -> None:
        """Log in, and out; a fault of the device raises."""
        self._login(visit, visit.device, visit.deadline).close()

    def lost(self, lost: Lost) -> AuditOutcome:
        """Return the outcome of a device that has none of its own."""
        return lost_outcome(lost, self.job)

    def failed(self, device: Device, error: DeviceError) -> AuditOutcome:
        """Return the outcome of a device that no worker took; its folder of answers is there, and empty."""
        now = datetime.now(UTC)
        nothing = Capture(device=device.name, started_at=now, finished_at=now, outputs=())
        return not_audited(device, error, nothing)

    def _login(self, visit: Visit, device: Device, deadline: Deadline) -> Session:
        # netmiko brings its drivers for every vendor: a third of the program's start, and 30 MB that
        # no other command has a use for.
        from asa_transport.edges.ssh.backend import open_session  # noqa: PLC0415

        def opened() -> SshSession:
            return open_session(
                with_ssh(device, self.job.ssh),
                credential=self.secrets[device.credential],
                host_keys=host_keys(self.known, device),
                limits=self.job.limits,
                deadline=deadline,
                dial=visit.dial,
                probe=self.job.targets is not None,
                gate=visit.gate,
            )

        try:
            return tell_of_secrets(opened, visit.judged)
        except ConnectError as error:
            if error.is_transient:
                raise Again(error) from error
            raise


def kept(outcome: AuditOutcome, folder: RunFolder) -> AuditOutcome:
    """Write the answers and drop them; not on the loop, where a slow disk would delay every device."""
    if outcome.capture is None:
        return outcome
    try:
        folder.pack_capture(outcome.capture)
    except OSError:
        # A full disk takes no answers, and the outcome counts; who takes it sees what is still in it.
        return outcome
    return without_answers(outcome)


def without_answers(outcome: AuditOutcome) -> AuditOutcome:
    """Return the outcome without what its device answered, but for the probes: a plan is made of those."""
    capture = outcome.capture
    if capture is None:
        return outcome
    probes = tuple(output for output in capture.outputs if is_probe(output.command))
    return replace(outcome, capture=replace(capture, outputs=probes))


def has_answers(outcome: AuditOutcome) -> bool:
    """Return whether answers that belong on disk are still in the outcome."""
    return outcome.capture is not None and any(
        not is_probe(output.command) for output in outcome.capture.outputs
    )


class EnableSession(Protocol):
    """A session that knows whether the enable password was typed in it."""

    has_typed_enable: bool


_S = TypeVar("_S", bound=EnableSession)


def tell_of_secrets(open_: Callable[[], _S], judged: Callable[[SecretUse, bool], None]) -> _S:
    """Return what `open_` does, and tell `judged` what the device made of each secret that it was given."""
    try:
        session = open_()
    except AuthenticationError as error:
        if error.is_rejection:
            judged(SecretUse.LOGIN, False)
        raise
    except EnableError as error:
        judged(SecretUse.LOGIN, True)
        if error.is_rejection:
            judged(SecretUse.ENABLE, False)
        raise
    except (CollectError, EnableHeld):
        judged(SecretUse.LOGIN, True)
        raise
    judged(SecretUse.LOGIN, True)
    if session.has_typed_enable:
        judged(SecretUse.ENABLE, True)
    return session


def host_keys(known: KnownHosts, device: Device) -> HostKeys:
    """Return the keys that its file has of the device; raise HostKeyError where it cannot be read."""
    try:
        return known.of(device)
    except OSError as error:
        raise HostKeyError(
            device.name,
            did=f"reading {device.known_hosts}",
            saw=error.strerror or str(error),
            hint="make it readable, or name another file as `known_hosts`",
        ) from error


def keep_error(folder: RunFolder, lost: Lost) -> None:
    """Keep the traceback of a fault of ours; never raises."""
    trace = "".join(traceback.format_exception(lost.error)) if lost.error else ""
    # A full disk may be what went wrong; the outcome must not depend on it.
    with contextlib.suppress(OSError):
        folder.save_error(f"{lost.device.name}\n{trace}")


def lost_outcome(lost: Lost, job: AuditJob) -> NotAudited:
    """Return the outcome of a device that has none of its own; a fault of ours is kept with its traceback."""
    match lost.loss:
        case Loss.STOPPED:
            error, hint = "the run was stopped before this device was finished", "run it again"
        case Loss.STUCK:
            error = (
                f"the work on this device did not end at its limit of {job.limits.device_s:g} s, and the "
                "program stopped waiting"
            )
            hint = "a name lookup may hang; try it by hand"
        case Loss.CRASHED:
            error = internal_error(lost.error)
            if job.folder is None:
                hint = f"an error in asa-transport; please report it: {_where(lost.error)}"
            else:
                keep_error(job.folder, lost)
                hint = f"an error in asa-transport; please report {job.folder.path / 'errors.txt'}"
        case _:
            assert_never(lost.loss)
    return NotAudited(
        device=lost.device,
        stage=Stage.COLLECT,
        error=error,
        hint=hint,
        is_internal=lost.loss is Loss.CRASHED,
    )


def _where(error: BaseException | None) -> str:
    """Return the line that raised, where no file has the whole traceback."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else ()
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "no traceback"
