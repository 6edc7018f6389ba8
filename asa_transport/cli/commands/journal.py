"""`asa-transport journal verify [RUN]`: is the record of a push what was written; contacts nothing.

Reads only, and says what it could not check instead of passing it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asa_transport.cli import options
from asa_transport.cli.console import exit_on_user_error, print_json, printable
from asa_transport.cli.formats import OutputFormat
from asa_transport.edges.state.run_folder import LAST
from asa_transport.errors import JournalError
from asa_transport.model.ending import RunEnd

if TYPE_CHECKING:
    from asa_transport.core.documents.journal_checks import Check
    from asa_transport.model import SignatureVerdict
    from asa_transport.model.journal import JournalHistory

# Each resume that was signed and resumed again; more is not worth asking ssh-keygen for.
_MOST_ENDS: Final = 10

app = typer.Typer(help="The record of what a push sent. Contacts nothing.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `verify` a command of its own, however many there are."""


@app.command()
def verify(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run: its id, its folder, or `last`, the last pushed one.")
    ] = LAST,
    output_format: options.FormatOption = OutputFormat.TABLE,
    allowed_signers: options.AllowedSignersOption = None,
    state_dir: options.StateOption = None,
) -> None:
    """Check the hash chain of what was sent, and its signature.

    Exit 0: whole; 8: broken, altered or not validly signed; 2: no such journal.
    """
    from asa_transport.core.documents import journal_checks
    from asa_transport.core.documents.journal import read
    from asa_transport.core.documents.journal_checks import CheckVerdict
    from asa_transport.edges.state.run_folder import JOURNAL, PUSH, find_run, read_document, state_directory

    with exit_on_user_error():
        folder = find_run(state_directory(state_dir), run, JOURNAL)
        path = folder / JOURNAL
        data = _bytes(path)
        history = read(data)
        document = read_document(folder / PUSH) if (folder / PUSH).exists() else None
        checks = (
            journal_checks.chain(history),
            journal_checks.ending(history),
            journal_checks.recorded_head(history, document),
            _signature(path, data, history, allowed_signers),
        )
    is_wrong = any(check.verdict is CheckVerdict.WRONG for check in checks)
    code = RunEnd.STATE_UNKNOWN if is_wrong else RunEnd.OK
    _print(path, history, checks, code, output_format)
    raise typer.Exit(code)


def _signature(path: Path, data: bytes, history: JournalHistory, allowed_signers: Path | None) -> Check:
    """Return what the signature beside the journal says."""
    from asa_transport.core.documents import journal_checks
    from asa_transport.edges.secrets import signatures
    from asa_transport.edges.secrets.signatures import JOURNAL_NAMESPACE as NAMESPACE
    from asa_transport.model import Rejected

    file = path.with_name(f"{path.name}.sig")
    is_demanded = allowed_signers is not None
    if not file.exists():
        return journal_checks.signature(None, is_demanded=is_demanded)
    made = signatures.read_signature(file)
    verdict: SignatureVerdict | str
    if allowed_signers is None:
        verdict = signatures.check(data, made, NAMESPACE)
    else:
        # As of the last record: a key that ended since then was good when the push was over.
        at = history.records[-1].at if history.records else None
        allowed = signatures.read_allowed(allowed_signers)
        verdict = signatures.verify(data, made, allowed, NAMESPACE, at=at)
    older = _signed_lines(data, made) if isinstance(verdict, Rejected) else None
    return journal_checks.signature(verdict, is_demanded=is_demanded, signed_lines=older)


def _signed_lines(data: bytes, made: bytes) -> int | None:
    """Return how many lines a signature of an older journal is over; `None` where it is of no such one."""
    from asa_transport.core.documents import journal_checks
    from asa_transport.edges.secrets import signatures
    from asa_transport.edges.secrets.signatures import JOURNAL_NAMESPACE as NAMESPACE
    from asa_transport.model import Rejected

    for lines, earlier in journal_checks.earlier_ends(data)[:_MOST_ENDS]:
        if not isinstance(signatures.check(earlier, made, NAMESPACE), Rejected):
            return lines
    return None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: the journal cannot be read: {error.strerror}") from error


def _print(
    path: Path, history: JournalHistory, checks: tuple[Check, ...], code: RunEnd, output_format: OutputFormat
) -> None:
    if output_format is OutputFormat.JSON:
        document = {
            "run": path.parent.name,
            "journal": str(path),
            "records": len(history.records),
            "head": history.head,
            "checks": [
                {"check": check.name, "verdict": check.verdict, "detail": printable(check.detail)}
                for check in checks
            ],
            "exit_code": code,
        }
        print_json(document)
        return
    typer.echo(printable(f"{'journal':<10} {path}"))
    typer.echo(f"{'head':<10} {history.head}")
    for check in checks:
        typer.echo(printable(f"{check.name:<10} {check.verdict}: {check.detail}"))
