"""Print what SSH the devices of a run have: a row for each release, model and set of algorithms.

What clients are giving up is marked, as AT106 marks it.  The last line counts all devices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from asa_transport.cli.console import printable
from asa_transport.cli.views.fitting import Column, Drop, Fold, Shorten, print_fitted
from asa_transport.core.documents.ssh_census import SshCensusRow, SshReach, by_reach
from asa_transport.model.ssh import is_leaving

_KEX, _KEY, _CIPHER = "key exchange", "host key", "cipher"
_STEPS: Final = (
    Shorten(_CIPHER),
    Shorten(_KEX),
    Shorten(_KEY),
    Fold("release", 9),
    Fold("model", 12),
    Fold(_KEX, 17),
    Fold("model", 7),
    Drop(_CIPHER),
    Drop(_KEX),
    Fold("release", 7),
)
_UNKNOWN: Final = ("?",)
_WORDS: Final = {
    SshReach.AGREED: "agreed",
    SshReach.OFFERED: "only offered",
    SshReach.NOT_KNOWN: "not known",
    SshReach.NOT_REACHED: "no SSH reached",
}
# Of an offer that has more names than this of a kind, the rest is counted.
_MOST_NAMES: Final = 8
# The names of a protocol in the words of an ASA's configuration, or without who defined them.
_SHORTER: Final = (
    ("diffie-hellman-group-exchange-", "dh-gex-"),
    ("diffie-hellman-", "dh-"),
    ("ecdsa-sha2-", "ecdsa-"),
    ("ecdh-sha2-", "ecdh-"),
    ("@openssh.com", ""),
    ("@libssh.org", ""),
)


def print_census(console: Console, rows: Sequence[SshCensusRow]) -> None:
    """Print the table, and how many devices came how far."""
    console.print(Text("\nSSH of all devices, the oldest and weakest first", style="bold"))
    columns = (
        Column(heading="devices", cells=[Text(f"{row.devices}") for row in rows], is_right=True),
        Column(heading="release", cells=[_release(row) for row in rows]),
        Column(heading="model", cells=[_model(row) for row in rows]),
        _column(_KEX, [row.kex or _UNKNOWN * (row.reach is SshReach.NOT_KNOWN) for row in rows]),
        _column(_KEY, [row.host_key for row in rows]),
        _column(_CIPHER, [row.cipher for row in rows]),
    )
    print_fitted(console, columns, _STEPS)
    counts = by_reach(rows)
    said = ", ".join(f"{counts[reach]} {words}" for reach, words in _WORDS.items() if reach in counts)
    of_all = f"{sum(counts.values())} devices: {said}" if counts else "0 devices"
    console.print(Text(of_all), soft_wrap=not console.is_terminal)


def _release(row: SshCensusRow) -> Text:
    if row.version is not None:
        return Text(printable(row.version))
    return Text(_UNKNOWN[0] if row.reach is SshReach.AGREED else _WORDS[row.reach], "yellow")


def _model(row: SshCensusRow) -> Text:
    return Text("") if row.model is None else Text(printable(row.model))


def _column(heading: str, names: Sequence[tuple[str, ...]]) -> Column:
    return Column(
        heading=heading,
        cells=[Text(", ").join(_parts(some)) for some in names],
        # A name a line: folded anywhere else it would be a name of nothing.
        short=[Text("\n").join(_parts(some, is_short=True)) for some in names],
    )


def _parts(names: Sequence[str], *, is_short: bool = False) -> Iterable[Text]:
    for name in names[:_MOST_NAMES]:
        said = printable(name)
        for long, short in _SHORTER if is_short else ():
            said = said.replace(long, short)
        yield Text(said, "yellow" if is_leaving(name) else "")
    if len(names) > _MOST_NAMES:
        yield Text(f"and {len(names) - _MOST_NAMES} more")
