"""What is said of a capture: what was replaced, what nobody can tell, and what its check found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import typer

from asa_transport.cli.console import print_json, printable, say
from asa_transport.core.captures.redact import DoubtfulLine
from asa_transport.core.documents.capture import CaptureManifest
from asa_transport.flows.captures import Checked, Export
from asa_transport.text import counted

# More are told by their number.
_MOST: Final = 200


def say_export(made: Export, name: str, *, quiet: bool) -> None:
    """Say on stderr what a capture holds; what is wrong with it always."""
    if not quiet:
        for line in _of_manifest(made.manifest):
            say(f"{name}: {line}")
    if made.without_answers:
        say(f"warning: the run kept no answers of {', '.join(made.without_answers)}")
    for one in made.differences:
        say(f"warning: {one.device}: {one.what}: {one.before} in the answers, {one.after} in the capture")


def ask_for_doubtful(lines: Sequence[DoubtfulLine]) -> bool:
    """Show the lines with words that nobody can tell, and return whether they may stay."""
    say(f"{counted(len(lines), 'line')} with words that may name somebody:")
    for one in lines[:_MOST]:
        say(f"  {one.device} {one.file} line {one.number}: {one.text.strip()}")
        say(f"    not known: {', '.join(one.words)}")
    if len(lines) > _MOST:
        say(f"  and {len(lines) - _MOST} more")
    return typer.confirm("Keep these words as they are? With no they are written in x.", err=True)


def print_checked(found: Checked, path: Path, *, as_json: bool) -> None:
    """Print what a check found."""
    if as_json:
        document = {
            "capture": str(path),
            "devices": len(found.manifest.devices),
            "same_judgement": not found.differences,
            "differences": [
                {"device": one.device, "what": one.what, "before": one.before, "after": one.after}
                for one in found.differences
            ],
            "leaks": None
            if found.leaks is None
            else [{"file": one.file, "line": one.line, "value": printable(one.value)} for one in found.leaks],
        }
        print_json(document)
        return
    for line in _of_check(found):
        typer.echo(printable(line))


def _of_check(found: Checked) -> Iterator[str]:
    yield from _of_manifest(found.manifest)
    yield f"judgement: {'another one' if found.differences else 'as the original'}"
    for one in found.differences:
        yield f"  {one.device}: {one.what}: {one.before} in the original, {one.after} here"
    if found.leaks is None:
        yield "values of the original: not looked for; name its run with --against"
        return
    yield f"values of the original: {'found' if found.leaks else 'none is in it'}"
    for leak in found.leaks:
        place = "its name" if leak.line == 0 else f"line {leak.line}"
        yield f"  {leak.file} {place}: {leak.value}"


def _of_manifest(manifest: CaptureManifest) -> Iterator[str]:
    answers = sum(len(device.answers) for device in manifest.devices)
    yield f"{counted(len(manifest.devices), 'device')}, {counted(answers, 'answer')}"
    kinds = (f"{one.kind} {one.values} in {counted(one.places, 'place')}" for one in manifest.replaced)
    yield f"replaced: {', '.join(kinds) or 'nothing'}"
    doubtful = manifest.doubtful
    if doubtful.lines:
        how = "kept as they are" if doubtful.kept else "written in x"
        yield f"not known: {counted(doubtful.words, 'word')} in {counted(doubtful.lines, 'line')}, {how}"
