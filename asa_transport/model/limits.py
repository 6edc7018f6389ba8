"""The limits of one audit of a device; the command line, which declares options by them, needs no more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long each part of one device's audit may take, in seconds, and how much it may say.

    Attributes:
        tcp_s: Name lookup and TCP connection, each attempt.  A packet that is lost is sent again after
            1 and 3 seconds; who has not answered then is down or filtered.
        handshake_s: SSH banner and key exchange, each attempt.  What netmiko waits for a banner: a busy
            small firewall needs seconds for diffie-hellman-group14.
        authentication_s: User name and password; TACACS+ servers are slow.
        command_s: One command, from its first byte to the prompt.
        device_s: The device as a whole, all attempts and waits included.
        output_bytes: The most that one command may print.  The longest answers that are asked for
            (`show context` with 250 contexts, `show failover`) have some 100 kB.
        attempts: How often the connection is tried.  Silence is tried twice at most
            (`engine/retry.py`), a rejected password never again.
    """

    tcp_s: float = 5.0
    handshake_s: float = 15.0
    authentication_s: float = 30.0
    command_s: float = 30.0
    device_s: float = 120.0
    output_bytes: int = 1_000_000
    attempts: int = 3

    @property
    def silence_s(self) -> float:
        """How long a device must have kept one attempt waiting to be called silent."""
        return min(self.tcp_s, self.handshake_s)
