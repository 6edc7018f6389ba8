"""What a run of the benchmarks measures: sizes, delays, commands, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from asa_transport.asa.commands import STARTUP

# What `asa-transport audit` asks a healthy firewall, in its order; all clients ask the same.
_ASKED = "mode, version, license status, license all, running-config license, running-config call-home, "
_SHOWN = tuple(f"show {what}" for what in (_ASKED + "failover, cluster info").split(", "))
AUDIT_COMMANDS = (*_SHOWN, STARTUP, "show clock")
# What the figures of one device that are the targets were measured with.
FIVE_COMMANDS = AUDIT_COMMANDS[1:6]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One run of the benchmarks.

    Attributes:
        devices: The fleet of P2, P3, P4.
        small, big: The other fleets of P5; `big` is that of P6.
        threaded: How many of the fleet's devices the slow, threaded peers visit.
        workers: Of the threaded peers; the asynchronous ones take twice as many.
        runs: How often each measurement is repeated.
        black_holes, freezers, wrong: The broken devices of P4.
        rtt_s, command_s: What the mock takes for each round trip and each command.
        contact_s: What the mock takes from a transport change to its licence contact.
        transport: The mock's transport.
        mocks: How many processes serve the fleet.
        only: Which of P1-P7; empty for all.
        replayed: How many devices P7 works on.
        ours: Arguments added to `asa-transport audit`, e.g. ``-w 100``.
        has_peers: Whether the peers are installed and measured too.
    """

    devices: int = 1000
    small: int = 200
    big: int = 10_000
    threaded: int = 200
    workers: int = 100
    runs: int = 3
    black_holes: int = 20
    freezers: int = 10
    wrong: int = 10
    rtt_s: float = 0.05
    command_s: float = 0.03
    profile: str = "asadef"
    contact_s: float = 0.0
    transport: str = "smart"
    mocks: int = 2
    replayed: int = 500
    only: frozenset[str] = frozenset()
    ours: tuple[str, ...] = ()
    has_peers: bool = True

    def wants(self, *figures: str) -> bool:
        """Return whether one of these figures is to be measured."""
        return not self.only or not self.only.isdisjoint(figures)


# Everything once, small and without delays: it shows that the tool works, and no figure.
QUICK = Settings(
    devices=12,
    small=4,
    big=20,
    threaded=4,
    workers=4,
    runs=1,
    black_holes=2,
    freezers=1,
    wrong=1,
    rtt_s=0.002,
    command_s=0.001,
    mocks=2,
    replayed=8,
    ours=(
        "--connect-timeout=1",
        "--handshake-timeout=2",
        "--login-timeout=2",
        "--device-timeout=20",
        "--attempts=1",
    ),
    has_peers=False,
)
