"""`asa-transport approve PLAN.json --key FILE`: sign the plan's digest; contacts nothing.

The signature is what `printf '%s\\n' DIGEST | ssh-keygen -Y sign -n asa-transport-plan -f FILE` prints.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from asa_transport.cli import options
from asa_transport.cli.console import exit_on_user_error, printable
from asa_transport.errors import SignatureError
from asa_transport.text import instant

if TYPE_CHECKING:
    from asa_transport.model import Plan

_MOST_NAMES: Final = 5


def approve(
    file: Annotated[
        Path, typer.Argument(metavar="PLAN.json", show_default=False, help="The plan to approve.")
    ],
    key: Annotated[
        Path,
        typer.Option(
            "--key",
            metavar="FILE",
            help="Your SSH key; with a passphrase or a hardware key, one that your agent holds.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="SIG", help="The signature.  [default: PLAN.json.LOGIN.sig]"),
    ] = None,
    now: options.NowOption = None,
) -> None:
    """Approve a plan: show what it does, and sign its digest with your SSH key. Contacts nothing."""
    from asa_transport.core.planning.approvals import signed_text
    from asa_transport.edges.secrets import signatures
    from asa_transport.flows.plan_file import read_plan
    from asa_transport.model import Rejected

    with exit_on_user_error():
        plan = read_plan(file, now or datetime.now(UTC))
        for line in _shown(plan):
            typer.echo(printable(line))
        text = signed_text(plan.digest)
        signature = signatures.sign(text, key, signatures.PLAN_NAMESPACE)
        signed_by = signatures.check(text, signature, signatures.PLAN_NAMESPACE)
        if isinstance(signed_by, Rejected):
            raise SignatureError(f"{key}: the signature that was made does not verify: {signed_by.reason}")
        # Who collects the approvals must be able to read it; it is no secret.
        path = signatures.write(output or _default_output(file), signature, mode=0o644)
    typer.echo(printable(f"signed with {signed_by}: {path}"))


def _default_output(plan_file: Path) -> Path:
    from asa_transport.edges.secrets.operator import login_name

    name = re.sub(r"[^A-Za-z0-9._-]+", "_", login_name())
    return plan_file.with_name(f"{plan_file.name}.{name}.sig")


def _shown(plan: Plan) -> list[str]:
    changes = Counter(change for device in plan.devices for change in device.changes)
    lines = [
        f"plan     {plan.id}, goal {plan.goal}, made {instant(plan.created_at)}, "
        f"valid until {instant(plan.valid_until)}",
        f"devices  {len(plan.devices)} to change, {len(plan.held)} held, "
        f"{len(plan.nothing_to_do)} as they are",
        f"changes  {', '.join(f'{change} {count}' for change, count in sorted(changes.items())) or 'none'}",
    ]
    if plan.revert is not None:
        lines.append(
            f"revert   {plan.revert.ticket}, {plan.revert.owner}, until {instant(plan.revert.until)}"
        )
    for number, wave in enumerate(plan.waves, 1):
        more = f", … ({len(wave)} in all)" if len(wave) > _MOST_NAMES else ""
        lines.append(f"wave {number:<3} {', '.join(wave[:_MOST_NAMES])}{more}")
    return [*lines, f"digest   {plan.digest}"]
