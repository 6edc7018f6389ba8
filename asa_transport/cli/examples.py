"""What stands at the end of each help: lines that can be typed so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What is typed behind the name of the program, and what it does."""

    words: str
    does: str


def _of(*pairs: tuple[str, str]) -> tuple[Example, ...]:
    return tuple(Example(words=words, does=does) for words, does in pairs)


# What 80 columns have room for beside a help's margins, and a backslash at the end.
_WIDTH: Final = 75
_HEADING: Final = "Examples:"
# By the command; the program itself has no name here.
EXAMPLES: Final[Mapping[str, tuple[Example, ...]]] = {
    "": _of(
        ("demo", "see it work: no hardware, no configuration"),
        ("inventory check", "is inventory.yaml usable?"),
        ("audit -l fw-par-01", "read one firewall; nothing is changed on it"),
        ("audit -h", "the options of a command; they may stand before its name, too"),
    ),
    "demo": _of(
        ("demo", "audit, plan and dry run on a fleet of mock firewalls"),
        ("demo --no-color > demo.txt", "keep what it shows"),
    ),
    "audit": _of(
        ("audit", "all firewalls of inventory.yaml"),
        ("audit -l group:emea,!fw-par-01", "one group without one of its firewalls"),
        ("audit --format html -o report.html", "a page for people"),
        ("audit --ssh-census", "which SSH algorithms the fleet still needs, by release"),
        ("audit -q --since last --fail-on-new high", "every night: what is new since the last one"),
    ),
    "analyze": _of(
        ("analyze outputs/", "a folder of saved outputs, one folder or file a firewall"),
        ("analyze -i inventory.yaml show-tech.txt", "judged by what the inventory expects"),
        ("analyze --format csv -o saved.csv outputs/", "for a spreadsheet"),
    ),
    "captures export": _of(
        ("captures export last -l fw-par-01 -o fw.zip", "one firewall"),
        ("captures export last -o fw.zip --keep-doubtful", "with the words that nobody can tell"),
    ),
    "captures check": _of(
        ("captures check fw.zip", "is it judged as the original?"),
        ("captures check fw.zip --against last", "is anything of that run in it?"),
    ),
    "plan": _of(
        ("plan -o plan.json", "what would be sent, and the rollback"),
        ("plan -o plan.json --from-run last", "from the last audit's answers; contacts nothing"),
        (
            "plan -o back.json --goal callhome --ticket CHG1 --owner kim --until 2026-12-31",
            "back to callhome for a time",
        ),
    ),
    "approve": _of(
        ("approve plan.json --key ~/.ssh/id_ed25519", "sign what you have read"),
    ),
    "push": _of(
        ("push plan.json", "dry run: look again, send nothing"),
        ("push plan.json --commit", "send, wave by wave; you are asked first"),
        ("push plan.json --commit -l wave1-fw", "one device of the plan only"),
    ),
    "resume": _of(
        ("resume last", "settle what the last push left open"),
    ),
    "show": _of(
        ("show plan.json", "what a push of it would do"),
        ("show last -l fw-par-01", "what became of one device in the newest run"),
    ),
    "ticket": _of(
        ("ticket plan.json -o change-1", "before the change: a folder to approve"),
        ("ticket last -o change-1-done --zip", "after it: what was done, as a zip too"),
    ),
    "diff": _of(
        ("diff", "the last two whole audits"),
        ("diff 20260112 last --format md -o changes.md", "two audits by the beginning of their ids"),
    ),
    "report": _of(
        ("report last --format html -o report.html", "the newest audit as a page"),
        ("report 20260112 --format sarif -o audit.sarif", "an older one for a code scanner"),
    ),
    "report merge": _of(
        ("report merge 1.json 2.json 3.json", "the whole of three shards, as a table"),
        ("report merge parts/*.json --format html -o report.html", "as a page"),
    ),
    "runs": _of(
        ("runs", "what is kept, the newest first"),
        ("runs --format json", "for a program"),
    ),
    "rules": _of(
        ("rules", "all rules, a line each"),
        ("rules AT101", "one rule: meaning, remedy, source"),
    ),
    "bugs": _of(
        ("bugs", "the whole catalogue"),
        ("bugs '9.20(4)14' --model FPR-2110", "what it means for one release"),
    ),
    "schema": _of(
        ("schema inventory", "for an editor that completes and checks YAML"),
    ),
    "exceptions list": _of(
        ("exceptions list", "who may stay on callhome, and until when"),
    ),
    "exceptions add": _of(
        (
            "exceptions add fw-par-01 --until 2026-12-31 --owner kim --ticket INC7 --reason 'proxy is down'",
            "one firewall may stay on callhome",
        ),
    ),
    "exceptions close": _of(
        ("exceptions close fw-par-01", "it should be on smart again"),
    ),
    "waivers list": _of(
        ("waivers list", "what is accepted, by whom, until when"),
    ),
    "waivers add": _of(
        (
            "waivers add 'fw-lab-*' --rule AT208 --until 2026-12-31 --owner kim --reason 'no NTP in the lab'",
            "accept one finding of the lab",
        ),
    ),
    "waivers close": _of(
        ("waivers close AT208", "it counts again"),
    ),
    "hostkeys check": _of(
        ("hostkeys check", "are the keys those that we know?"),
    ),
    "hostkeys scan": _of(
        ("hostkeys scan", "print the keys that we do not know; nothing is written"),
        ("hostkeys scan --add -l fw-par-01", "add one, after you have compared its fingerprint"),
    ),
    "hostkeys rotate": _of(
        ("hostkeys rotate -l fw-par-01", "replace its old key, after you have compared the new one"),
    ),
    "worker": _of(
        ("worker --region emea", "read the region's firewalls for audits that others start"),
    ),
    "workers status": _of(
        ("workers status -i inventory.yaml", "has every region of the inventory a worker?"),
    ),
    "doctor": _of(
        ("doctor fw-par-01", "does this firewall do what is assumed of it?"),
        ("doctor --offline saved/", "do saved outputs say so?"),
    ),
    "notify test": _of(
        ("notify test", "one message to each channel of notify.yaml"),
        ("notify test --notify /etc/asa-transport/notify.yaml on-call", "one channel of another file"),
    ),
    "inventory check": _of(
        ("inventory check", "every problem of inventory.yaml, with its line"),
        ("inventory check -i fleet.yaml -l group:emea", "how many devices does this pattern choose?"),
    ),
    "inventory list": _of(
        ("inventory list -l 'group:emea,&tag:prod'", "the names that this pattern chooses, one a line"),
    ),
    "inventory import": _of(
        ("inventory import csv:hosts.csv -o inventory.yaml", "a table, as one of our files"),
        (
            "inventory import hosts.csv --from csv --map 'Mgmt IP=host' -o fleet.yaml",
            "with a column of its own",
        ),
    ),
    "inventory show": _of(
        ("inventory show -l fw-par-01", "all values of one device, and where they are from"),
    ),
    "journal verify": _of(
        ("journal verify", "the last push"),
        ("journal verify 20260112T130000Z-4f1c --allowed-signers signers", "one push, and who signed it"),
    ),
}


def epilog(path: str, more: str | None) -> str | None:
    """Return the examples of a command by its whole path, as markup, and what else ends its help."""
    from rich.markup import escape

    program, _, command = path.partition(" ")
    found = EXAMPLES.get(command, ())
    if not found or (more or "").startswith(_HEADING):
        return more
    lines = [_HEADING]
    for one in found:
        typed = escape(_folded(f"{program} {one.words}"))
        lines.append(f"[bold]{typed}[/bold]\n    {escape(one.does)}")
    return "\n".join(lines) + (f"\n\n{more}" if more else "")


def _folded(line: str) -> str:
    """Return a line as a shell takes it, folded before an option where 80 columns have no room."""
    folded, column = [], 0
    for part in re.split(r" (?=-)", line):
        if column and column + len(part) > _WIDTH:
            folded.append(" \\\n  ")
            column = 1
        elif column:
            folded.append(" ")
        folded.append(part)
        column += 1 + len(part)
    return "".join(folded)


def hide_types(param: Any) -> None:
    """Let a help show no type beside a flag, which has none, or beside an argument that says what it is."""
    if getattr(param, "is_flag", False):
        param.metavar = ""
    elif param.param_type_name == "argument" and param.metavar is not None:
        param.display_type_rich = _no_type


def _no_type(ctx: Any) -> None:
    del ctx
