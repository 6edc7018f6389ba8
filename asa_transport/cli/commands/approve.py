"""`asa-transport approve PLAN.json --key FILE`: sign the plan's digest; contacts nothing.

The signature is what `printf '%s\\n' DIGEST | ssh-keygen -Y sign -n asa-transport-plan -f FILE` prints.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from asa_transport.cli import options
from asa_transport.cli.console import exit_on_user_error
from asa_transport.cli.option_groups import Tone, with_bundles

_TONE = Tone()


@with_bundles
def approve(
    file: Annotated[
        Path, typer.Argument(metavar="PLAN.json", show_default=False, help="The plan to approve.")
    ],
    key: Annotated[
        Path,
        typer.Option(
            "--key",
            metavar="FILE",
            help="Your SSH key. If it has a passphrase or is on a hardware token, your ssh-agent must "
            "hold it.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="SIG",
            show_default="PLAN.json.LOGIN.sig",
            help="Write the signature to this file; - is stdout.",
        ),
    ] = None,
    now: options.NowOption = None,
    tone: Tone = _TONE,
) -> None:
    """Approve a plan: show what it does, and sign it with your SSH key. Contacts nothing."""
    from asa_transport.cli.views.approval import print_plan, print_signature
    from asa_transport.flows.approvals import check_key, keep_signature, sign, signature_file
    from asa_transport.flows.plan_file import read_plan

    with exit_on_user_error():
        plan = read_plan(file, now or datetime.now(UTC))
        check_key(key)
        # Before the key is asked: a hardware key is touched for what was read.
        is_signature_there = output == options.STDOUT
        if not (is_signature_there and tone.quiet):
            print_plan(plan, sys.stderr if is_signature_there else sys.stdout)
        signature = sign(plan, key)
        if is_signature_there:
            sys.stdout.write(signature.text)
        else:
            print_signature(signature, keep_signature(signature, output or signature_file(file)))
