"""Print the runs that are kept: as a table, or as the document that `runs --format json` gives."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

from rich.text import Text

from asa_transport.cli.console import console, plain, print_json
from asa_transport.cli.views.audit_table import SEVERITY_STYLES
from asa_transport.cli.views.fitting import Column, Drop, Fold, Shorten, print_fitted
from asa_transport.cli.views.push import STYLES as PUSH_STYLES
from asa_transport.core.documents.push import OUTCOMES
from asa_transport.core.pushing.unsettled import names_of
from asa_transport.flows.history import RunList
from asa_transport.model import PUSH_KIND, RunKind, RunStatus, Severity, StoredRun, Unsettled
from asa_transport.text import instant

# What gives way where there is no room; an id never does.
_STEPS: Final = (
    Drop("size"),
    Drop("by"),
    Shorten("kind"),
    Shorten("outcome"),
    Drop("when (UTC)"),
    Drop("devices"),
    Fold("outcome", 12),
    Fold("kind", 7),
    Drop("outcome"),
    Drop("kind"),
)
_MOST_PARTS: Final = 2
_STYLE = {RunStatus.RUNNING: "cyan", RunStatus.FINISHED: "green", RunStatus.INTERRUPTED: "bold red"}
_URGENT_FIRST = tuple(reversed(Severity))
SCHEMA = "asa-transport/runs/1"


def print_runs_json(kept: RunList) -> None:
    """Print the document."""
    records = [_record(run, kept.unsettled) for run in kept.runs]
    print_json({"schema": SCHEMA, "store": kept.place, "kept": kept.of, "runs": records})


def unsettled_text(left: Sequence[Unsettled]) -> str:
    """Return what to say of firewalls that a push left between two states; not of none."""
    names = ", ".join(dict.fromkeys(entry.device for entry in left))
    newest = max(entry.run for entry in left)
    return (
        f"unsettled: {names}: a push left them unproven or unsaved (AT601); 'asa-transport resume {newest}' "
        "looks at them"
    )


def _record(run: StoredRun, left: Sequence[Unsettled]) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "dry_run": run.is_dry,
        "status": run.status.value,
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at),
        "as_of": instant(run.as_of),
        "inventory": run.inventory,
        "limit": list(run.limit),
        "machine": run.machine,
        "operator": run.operator,
        "tool_version": run.tool_version,
        "exit_code": run.exit_code,
        "devices": run.devices,
        "not_audited": run.not_audited,
        "by_severity": {severity.value: count for severity, count in run.by_severity.items()},
        "outcomes": dict(run.outcomes),
        "size": run.size,
        "unsettled": list(names_of(left, run.id)),
    }


def print_runs(kept: RunList, *, no_color: bool) -> None:
    """Print one line a run, the newest first; the id is whole at any width."""
    out = console(sys.stdout, no_color=no_color)
    left = {run.id: names_of(kept.unsettled, run.id) for run in kept.runs}
    outcomes = [_outcome(run, left[run.id]) for run in kept.runs]
    columns = (
        Column(heading="run", cells=[plain(run.id) for run in kept.runs]),
        Column(
            heading="kind",
            cells=[_kind(run) for run in kept.runs],
            short=[_kind(run, is_short=True) for run in kept.runs],
        ),
        Column(heading="devices", cells=[_devices(run) for run in kept.runs], is_right=True),
        Column(
            heading="outcome",
            cells=[Text(", ").join(parts) for parts in outcomes],
            short=[_shortened(parts) for parts in outcomes],
        ),
        Column(heading="when (UTC)", cells=[Text(f"{run.started_at:%Y-%m-%d %H:%M}") for run in kept.runs]),
        Column(heading="by", cells=[_by(run) for run in kept.runs]),
        Column(heading="size", cells=[_size_of(run) for run in kept.runs], is_right=True),
    )
    print_fitted(out, columns, _STEPS)
    if len(kept.runs) < kept.of:
        count = kept.of - len(kept.runs)
        out.print(Text(f"not shown: {count} of {kept.of} runs, by --last or --kind", "bold"), soft_wrap=True)


def _by(run: StoredRun) -> Text:
    """Return who made it, and where; a release may have kept the machine alone."""
    return plain(f"{run.operator or 'unknown'}@{run.machine}")


def _kind(run: StoredRun, *, is_short: bool = False) -> Text:
    word = {RunKind.DRY_RUN.value: "dry run"}.get(run.what, run.what)
    # One that had a limit says nothing of the rest of the fleet.
    part = "" if not run.limit else ", part" if is_short else f" -l {','.join(run.limit)}"
    return plain(f"{word}{part}")


def _devices(run: StoredRun) -> Text:
    if run.status is RunStatus.RUNNING or run.kind == PUSH_KIND:
        return Text(str(run.devices))
    missed = f"{run.devices - run.not_audited} of " if run.not_audited else ""
    return Text(f"{missed}{run.devices}")


def _outcome(run: StoredRun, left: Sequence[str]) -> list[Text]:
    """Return how the run ended, the most urgent first."""
    parts = [plain(f"unsettled: {', '.join(left)}")] if left else []
    if left:
        parts[0].stylize("bold red")
    if run.status is not RunStatus.FINISHED:
        parts.append(Text(run.status.value, _STYLE[run.status]))
    if run.kind == PUSH_KIND:
        parts += [
            Text(f"{run.outcomes[word]} {word}", PUSH_STYLES.get(word, ""))
            for word in OUTCOMES
            if run.outcomes.get(word)
        ]
    else:
        if run.not_audited and run.status is not RunStatus.RUNNING:
            parts.append(Text(f"{run.not_audited} not audited", "bold red"))
        parts += [
            Text(f"{run.by_severity[one]} {one}", SEVERITY_STYLES[one])
            for one in _URGENT_FIRST
            if run.by_severity.get(one)
        ]
    return parts or [Text("nothing found" if run.kind != PUSH_KIND else "no device", "green")]


def _shortened(parts: Sequence[Text]) -> Text:
    """Return the most urgent of it, and that there is more."""
    more = f", and {len(parts) - _MOST_PARTS} more" if len(parts) > _MOST_PARTS else ""
    return Text(", ").join(parts[:_MOST_PARTS]) + Text(more, "dim")


def _size_of(run: StoredRun) -> Text:
    return Text(_size(run.size) if run.status is not RunStatus.RUNNING else "")


def _size(count: float) -> str:
    """Return bytes as a person reads them, in powers of 1000."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
