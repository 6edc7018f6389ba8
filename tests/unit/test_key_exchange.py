"""The arithmetic of the key exchange: every library computes what Python's `pow()` computes."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import paramiko
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paramiko.kex_group14 import KexGroup14SHA256
from paramiko.kex_group16 import KexGroup16SHA512
from paramiko.message import Message

from asa_transport.edges.ssh.key_exchange import ARITHMETIC, Arithmetic, engines, order, working
from asa_transport.edges.ssh.transport import Transport
from tests.support import python

GROUPS = (KexGroup14SHA256, KexGroup16SHA512)
ALL = {found.name: found for found in working()}
KEXDH_REPLY = 31

each_library = pytest.mark.parametrize("library", ALL.values(), ids=ALL)
# Python's own is what the others are held against.
FAST = {name: found for name, found in ALL.items() if name != "python"}
each_fast_library = pytest.mark.parametrize("library", FAST.values(), ids=FAST)
each_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


def pi_times_power_of_two(bits: int) -> int:
    """Return floor(pi * 2**bits), by Machin's formula."""
    guard = 64

    def arctan_of_inverse(number: int) -> int:
        power = (1 << (bits + guard)) // number
        total, divisor, sign = 0, 1, 1
        while power:
            total += sign * (power // divisor)
            power //= number * number
            divisor += 2
            sign = -sign
        return total

    return (4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239))) >> guard


@pytest.mark.parametrize(
    ("group", "bits", "added"),
    [(KexGroup14SHA256, 2048, 124476), (KexGroup16SHA512, 4096, 240904)],
    ids=["group14", "group16"],
)
def test_the_primes_are_those_of_the_standard(group: Any, bits: int, added: int) -> None:
    """A prime with one digit changed could make every secret guessable (RFC 3526 §3, §5)."""
    expected = 2**bits - 2 ** (bits - 64) - 1 + 2**64 * (pi_times_power_of_two(bits - 130) + added)

    assert expected == group.P
    assert engines(ARITHMETIC)[group.name].P == group.P
    assert engines(ARITHMETIC)[group.name].G == 2


def test_every_library_that_is_installed_is_tried_here() -> None:
    """One that is there and is passed over would have no case in this file, and nobody would see it."""
    extra = ["gmpy2"] if find_spec("gmpy2") else []

    assert list(ALL) == ["openssl", *extra, "python"]
    assert ARITHMETIC.name == "openssl"


def test_without_the_extra_the_same_library_computes() -> None:
    """`gmpy2` is for machines whose `cryptography` lacks the groups; nobody else needs it."""
    without = (
        "import sys; sys.modules['gmpy2'] = None; from asa_transport.edges.ssh import key_exchange as ours; "
    )

    ended = python("-c", without + "print(*(found.name for found in ours.working()), ours.ARITHMETIC.name)")

    assert (ended.out, ended.err, ended.code) == ("openssl python openssl\n", "", 0)


@each_library
@each_group
@pytest.mark.parametrize(
    ("base", "exponent"),
    [
        pytest.param(2, 100, id="255-leading-zero-bytes"),
        pytest.param(3, 1, id="smallest-exponent"),
        pytest.param(2**1023 + 1, 2**1022, id="one-bit"),
        pytest.param(-2, 2**1023 - 1, id="largest-base-and-exponent"),
        pytest.param(-3, (1 << 1023) // 3, id="every-other-bit"),
    ],
)
def test_known_answers(library: Arithmetic, group: Any, base: int, exponent: int) -> None:
    """The corners of the range, where libraries differ: padding, window sizes, the largest numbers."""
    base %= group.P

    assert library.power(base, exponent, group.P) == pow(base, exponent, group.P)


@each_fast_library
@each_group
@settings(max_examples=40)
@given(data=st.data())
def test_every_library_agrees_with_python(library: Arithmetic, group: Any, data: st.DataObject) -> None:
    """A secret that differs in one bit ends the login; one that differs rarely would be worse."""
    base = data.draw(st.integers(2, group.P - 2))
    exponent = data.draw(st.integers(1, 2**1023 - 1))

    assert library.power(base, exponent, group.P) == pow(base, exponent, group.P)


@pytest.mark.parametrize("theirs", ALL.values(), ids=ALL)
@each_fast_library
@settings(max_examples=15)
@given(mine=st.integers(2**900, 2**1023), yours=st.integers(2**900, 2**1023))
def test_both_sides_come_to_one_secret(
    library: Arithmetic, theirs: Arithmetic, mine: int, yours: int
) -> None:
    """It is what a key exchange is for, and holds between different libraries."""
    prime = KexGroup14SHA256.P
    sent, received = library.power(2, mine, prime), theirs.power(2, yours, prime)

    assert library.power(received, mine, prime) == theirs.power(sent, yours, prime)


# ------------------------------------------------------------------ paramiko's engines with it


@dataclass
class FakeTransport:
    """What an engine uses of its transport; keeps what it is given."""

    server_mode: bool = False
    local_version: str = "SSH-2.0-ours"
    remote_version: str = "SSH-2.0-Cisco-1.25"
    local_kex_init: bytes = b"our offer"
    remote_kex_init: bytes = b"their offer"
    sent: list[bytes] = field(default_factory=list)
    secret: tuple[int, bytes] | None = None
    signed: bytes | None = None

    def _send_message(self, message: Message) -> None:
        self.sent.append(message.asbytes())

    def _expect_packet(self, *kinds: int) -> None:
        assert kinds == (KEXDH_REPLY,)

    def _set_K_H(self, secret: int, digest: bytes) -> None:
        self.secret = (secret, digest)

    def _verify_key(self, key: bytes, signature: bytes) -> None:
        assert key == b"host key"
        self.signed = signature

    def _activate_outbound(self) -> None:
        assert self.signed is not None, "switched to the new keys before the host key was proven"


def reply(public_value: int) -> Message:
    message = Message()
    message.add_string("host key")
    message.add_mpint(public_value)
    message.add_string("signature")
    message.rewind()
    return message


@each_library
@each_group
def test_an_engine_derives_what_paramikos_own_derives(library: Arithmetic, group: Any) -> None:
    """Same secret, same hash over the exchange: also where the secret begins with a zero byte."""
    ours, own = FakeTransport(), FakeTransport()
    engine, paramikos = engines(library)[group.name](ours), group(own)
    engine.start_kex()
    paramikos.x, paramikos.e = engine.x, int(engine.e)
    theirs = pow(2, 12345, group.P)

    engine.parse_next(KEXDH_REPLY, reply(theirs))
    paramikos.parse_next(KEXDH_REPLY, reply(theirs))

    assert engine.e == pow(2, engine.x, group.P)
    assert ours.secret == own.secret
    assert ours.secret is not None
    assert ours.secret[0] == pow(theirs, engine.x, group.P)
    assert ours.signed == b"signature"


@each_library
@each_group
@pytest.mark.parametrize("value", ["-1", "0", "1", "p-1", "p", "p+1"])
def test_a_public_value_that_fixes_the_secret_is_refused(library: Arithmetic, group: Any, value: str) -> None:
    """With 1 or p-1 a stranger in between knows the secret without knowing an exponent (RFC 8268 §4)."""
    prime = group.P
    values = {"-1": -1, "0": 0, "1": 1, "p-1": prime - 1, "p": prime, "p+1": prime + 1}
    transport = FakeTransport()
    engine = engines(library)[group.name](transport)
    engine.start_kex()

    with pytest.raises(paramiko.SSHException, match="out of range"):
        engine.parse_next(KEXDH_REPLY, reply(values[value]))

    assert transport.secret is None
    assert transport.signed is None


@each_group
def test_the_secret_exponent_is_drawn_by_paramiko(group: Any) -> None:
    """The exponent is the secret: as long as paramiko's, new for each connection."""
    engine = engines(ARITHMETIC)[group.name]

    drawn = []
    for _ in range(20):
        made = engine(FakeTransport())
        made.start_kex()
        drawn.append(made.x)

    assert engine._generate_x is group._generate_x
    assert len(set(drawn)) == len(drawn)
    assert max(drawn).bit_length() > 1000


def test_only_the_groups_of_a_fixed_prime_are_replaced() -> None:
    """In a group exchange the device picks the prime, and a library may refuse one it does not know."""
    changed = {
        name for name, engine in engines(ARITHMETIC).items() if engine is not paramikos_own().get(name)
    }

    assert changed == {
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group16-sha512",
        "curve25519-sha256",
    }


def paramikos_own() -> dict[str, Any]:
    known: dict[str, Any] = paramiko.Transport._kex_info  # type: ignore[attr-defined]
    return known


# ------------------------------------------------------------------ which library, which order


def broken(error: Exception) -> Any:
    def make() -> Arithmetic:
        raise error

    return make


def test_a_library_that_is_absent_or_wrong_is_passed_over() -> None:
    """A release of `cryptography` without these groups must cost time, never a login."""

    def wrong() -> Arithmetic:
        return Arithmetic(
            name="wrong", power=lambda base, exponent, modulus: pow(base, exponent + 1, modulus)
        )

    def right() -> Arithmetic:
        return Arithmetic(name="right", power=pow)

    makers = [broken(ImportError("no dh")), broken(AttributeError("DHPublicNumbers")), wrong, right]

    assert [found.name for found in working(makers)] == ["right"]


def test_curves_come_before_groups_and_sha1_last() -> None:
    """A device that offers both should not make us compute the dear one."""
    paramiko4 = (
        "curve25519-sha256@libssh.org",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
        "ecdh-sha2-nistp256",
    )

    assert order(paramiko4) == (
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
    )


def test_our_transport_offers_all_that_paramiko_offers() -> None:
    """Another order must not lock out a device."""
    offered = Transport._preferred_kex

    assert set(offered) == {*paramiko.Transport._preferred_kex, "curve25519-sha256"}  # type: ignore[attr-defined]
    assert set(offered) <= set(Transport._kex_info)
    assert offered == order(offered)
