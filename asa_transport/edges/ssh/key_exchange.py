"""Give paramiko's transport fast arithmetic for the Diffie-Hellman groups, and a cheap order.

Many ASAs offer `diffie-hellman-group14-sha256` alone.  paramiko computes it with Python's
`pow()`, which holds the interpreter: two powers a device, while every other worker waits.
Here OpenSSL computes them (by `cryptography`, which paramiko needs anyway), or else
`gmpy2` (the extra `fast`), or else `pow()`: whichever is found first to compute a known
answer rightly when this module is loaded.

Guarantees: only the arithmetic is replaced.  The secret exponent, the messages, the hash
over them and the proof of the host key are paramiko's own code.  A public value that
fixes the secret (0, 1, p-1 and beyond) is refused, whichever library computes.

Source: RFC 4253 §8; RFC 3526 §3, §5 (the groups); RFC 8268 §4 (the range of a public
value); RFC 8731 §1 (the two names of curve25519).  docs/performance.md has the times.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm

Power: TypeAlias = Callable[[int, int, int], int]

# Those of paramiko's exchanges whose prime is fixed.  (In `group-exchange` the device picks
# it, and a library may refuse a prime that it does not know: that stays with `pow()`.)
_GROUPS = ("diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1", "diffie-hellman-group16-sha512")

# One exchange under two names; some servers know it by the first only.
_RFC_8731, _LIBSSH = "curve25519-sha256", "curve25519-sha256@libssh.org"

# A power in group 14 with an exponent of 1023 bits, as long as paramiko draws them, and the
# last 64 bits of what it comes to: a library that computes otherwise, or no longer, is not used.
_KNOWN_BASE = 3**1200
_KNOWN_EXPONENT = (1 << 1023) - 12345
_KNOWN_END = 0x98800B716209061B


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """A library that computes `base ** exponent % modulus`, for an odd modulus and positive numbers."""

    name: str
    power: Power


def _openssl() -> Arithmetic:
    from cryptography.hazmat.primitives.asymmetric import dh  # noqa: PLC0415 - a later release may lack it
    from cryptography.utils import CryptographyDeprecationWarning  # noqa: PLC0415 - as above

    # It says at every use that it will be removed one day; then the next library takes over.
    # For good and for this module, because `warnings.catch_warnings` is not safe between threads.
    warnings.filterwarnings("ignore", category=CryptographyDeprecationWarning, module=re.escape(__name__))

    def power(base: int, exponent: int, modulus: int) -> int:
        group = dh.DHParameterNumbers(modulus, 2)
        # Computing a shared secret does not touch one's own public value: any will do.
        own = dh.DHPrivateNumbers(exponent, dh.DHPublicNumbers(2, group)).private_key()
        return int.from_bytes(own.exchange(dh.DHPublicNumbers(base, group).public_key()))

    return Arithmetic(name="openssl", power=power)


def _gmp() -> Arithmetic:
    import gmpy2  # noqa: PLC0415 - an extra

    def power(base: int, exponent: int, modulus: int) -> int:
        # `_sec`: its time does not depend on the secret exponent.
        return int(gmpy2.powmod_sec(base, exponent, modulus))

    return Arithmetic(name="gmpy2", power=power)


def _python() -> Arithmetic:
    return Arithmetic(name="python", power=pow)


def working(makers: Sequence[Callable[[], Arithmetic]] = (_openssl, _gmp, _python)) -> Iterator[Arithmetic]:
    """Yield those that are installed and compute the known answer, the fastest first."""
    modulus = _paramikos()["diffie-hellman-group14-sha256"].P
    for make in makers:
        try:
            found = make()
            answer = found.power(_KNOWN_BASE, _KNOWN_EXPONENT, modulus)
        except (ImportError, AttributeError, TypeError, ValueError, UnsupportedAlgorithm):
            # Absent, removed in a later release, or forbidden on this machine (FIPS).
            continue
        if answer % (1 << 64) == _KNOWN_END:
            yield found


def engines(arithmetic: Arithmetic) -> dict[str, type[Any]]:
    """Return paramiko's key exchanges by name, those in a fixed group with this arithmetic."""
    found = dict(_paramikos())
    for name in _GROUPS:
        # paramiko 5 has no group14-sha1.
        if name in found:
            found[name] = _engine(found[name], arithmetic.power)
    if _LIBSSH in found:
        found.setdefault(_RFC_8731, found[_LIBSSH])
    return found


def order(preferred: Sequence[str]) -> tuple[str, ...]:
    """Return key exchanges with the cheap ones first, and else in the order that they came in.

    Elliptic curves (curve25519 by both its names), then groups of a fixed prime, then primes
    of the device's choice (a round trip more), then whatever ends in SHA-1, whatever it costs.
    """

    named = [other for name in preferred for other in ((_RFC_8731, name) if name == _LIBSSH else (name,))]

    def cost(name: str) -> int:
        if name.endswith("-sha1"):
            return 3
        if "group-exchange" in name:
            return 2
        return 1 if name.startswith("diffie-hellman-") else 0

    return tuple(dict.fromkeys(sorted(named, key=cost)))


def _paramikos() -> Mapping[str, type[Any]]:
    known: Mapping[str, type[Any]] = paramiko.Transport._kex_info  # type: ignore[attr-defined] # no stub
    return known


class _Raises:
    """Put before one of paramiko's engines: what the device sends (`f`) becomes an element."""

    element: type[int]

    @property
    def f(self) -> int:
        """The device's public value, a number of the device's choice; 0 until it came."""
        return self._f

    @f.setter
    def f(self, value: int) -> None:
        self._f = self.element(value)


def _engine(theirs: type[Any], power: Power) -> type[Any]:
    """Return paramiko's engine with numbers that know a faster power: it raises none but `G` and `f`."""

    class Element(int):
        """A number of the group; `pow(element, exponent, prime)` asks it for the result."""

        def __pow__(self, exponent: int, modulus: int | None = None) -> Any:
            if modulus is None:
                return int(self) ** exponent
            if not 1 < self < modulus - 1:
                raise paramiko.SSHException("the public value of the key exchange is out of range")
            return power(int(self), exponent, modulus)

    return type(theirs.__name__, (_Raises, theirs), {"element": Element, "G": Element(theirs.G)})


ARITHMETIC = next(working())
