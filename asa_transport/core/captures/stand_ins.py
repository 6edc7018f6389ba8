"""Give every value another one that stands in for it: the same for the same value, in all files of a capture.

Pure.  What a value becomes follows from it and a secret that is not kept, so that nobody finds the way
back, and from the values that were given before.  A stand-in has the shape that parsers and columns look
at: letters for a name, as many; an address of the same family in a documentation range; a serial number's
letters and digits where they were.  It is never a word of the answers, or of the ASA's.

Source: RFC 5737, RFC 2544 (198.18.0.0/15, where the former are used up), RFC 3849 (addresses); RFC 2606
(`.example`); RFC 7042 §2.1 (bit of local hardware addresses).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import itertools
import re
import string
from collections.abc import Callable, Collection, Iterator
from typing import Final

from asa_transport.asa.identifying import Kind
from asa_transport.asa.own_words import is_own
from asa_transport.core.captures.spans import is_address, words

# Top-level domain of what stands in for a server, which no server has.
TOP_LEVEL: Final = "example"
_CONSONANTS: Final = "bcdfghjklmnprstvwz"
_VOWELS: Final = "aeiou"
_HEX: Final = "0123456789abcdef"
_RANGES: Final = tuple(
    map(ipaddress.IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"))
)
_DOCUMENTED: Final = 3 * 254
_V6: Final = int(ipaddress.IPv6Address("2001:db8::"))
# With so few letters there may be no free name; then it grows.
_TRIES: Final = 64
# Of a code of one digit every other one may be taken.
_MOST: Final = 4096
_VIRTUAL: Final = "9A"
_PREFIX: Final = re.compile(r"0[xX]")
_NUMBER: Final = re.compile(r"(?<=\b0[xX])[0-9a-fA-F]+")
# A label of a domain: short, as most are.
_LABEL: Final = 6


class StandIns:
    """Stand-ins by value; lives for one capture."""

    def __init__(self, secret: bytes, taken: Collection[str]) -> None:
        """Begin with none.

        Args:
            secret: At least 16 random bytes, which are kept nowhere.
            taken: Words, in lower case, that no stand-in may be: those of the answers.
        """
        self._secret = secret
        self._taken = set(taken)
        self._made: dict[tuple[str, str], str] = {}
        self._documented = 0

    def of(self, kind: Kind, value: str) -> str:
        """Return what stands in for a value, in the case of its letters."""
        shapes = {
            Kind.ADDRESS: self._address,
            Kind.SERVER: self._server,
            Kind.EMAIL: self._email,
            Kind.HARDWARE_ADDRESS: self._hardware,
            Kind.IDENTIFIER: self._hexadecimal,
            Kind.CHECKSUM: self._hexadecimal,
            Kind.SERIAL: self._serial,
            Kind.KEY: self._key,
        }
        return shapes.get(kind, self._letters)(value)

    def _email(self, value: str) -> str:
        user, _, server = value.partition("@")
        return f"{self._letters(user)}@{self._server(server)}"

    def _serial(self, value: str) -> str:
        # The beginning of every ASAv's; the rest is its own.
        kept = _VIRTUAL if value.startswith(_VIRTUAL) else ""
        return kept + self._shaped(value.removeprefix(kept))

    def _address(self, value: str) -> str:
        bare, percent, zone = value.partition("%")
        if not is_address(bare):
            return self._letters(value)
        address = ipaddress.ip_address(bare)
        if isinstance(address, ipaddress.IPv6Address):
            made = self._once("v6", address.compressed, self._v6)
        else:
            made = self._once("v4", str(address), self._v4)
        return made + percent + zone

    def _v4(self, value: str) -> Iterator[str]:
        start = int.from_bytes(self._bytes("v4", value)[:4])
        # Once they are used up, nobody looks for a free one.
        for number in range(_DOCUMENTED if self._documented < _DOCUMENTED else 0):
            self._documented += number == 0
            network, host = divmod((start + number) % _DOCUMENTED, 254)
            yield str(_RANGES[network][host + 1])
        size = _RANGES[-1].num_addresses - 2
        yield from (str(_RANGES[-1][(start + number) % size + 1]) for number in range(size))

    def _v6(self, value: str) -> Iterator[str]:
        for number in itertools.count():
            below = int.from_bytes(self._bytes("v6", f"{value} {number}")[:8])
            yield ipaddress.IPv6Address(_V6 + below).compressed

    def _server(self, value: str) -> str:
        if is_address(value):
            return self._address(value)
        first, dot, domain = value.partition(".")
        if not dot or not domain.strip("."):
            return self._letters(value)
        # Two servers of one domain have one domain still.
        label = self._once("domain", domain.casefold().rstrip("."), lambda _: self._names(domain, _LABEL))
        return f"{self._letters(first)}.{label}.{TOP_LEVEL}"

    def _key(self, value: str) -> str:
        # Of an activation key each word is a number, which is how it is known.
        if _PREFIX.match(value):
            return _NUMBER.sub(lambda found: self._hexadecimal(found[0]), value)
        return self._shaped(value)

    def _hardware(self, value: str) -> str:
        digits = "".join(sign for sign in value if sign in string.hexdigits).lower()

        def made(_: str) -> Iterator[str]:
            return (f"02{one[2:]}" for one in self._digits("mac", digits, len(digits)))

        return _filled(value, self._once("mac", digits, made))

    def _hexadecimal(self, value: str) -> str:
        digits = "".join(sign for sign in value if sign in string.hexdigits).lower()
        made = self._once("hex", digits, lambda _: self._digits("hex", digits, len(digits)))
        return _filled(value, made)

    def _digits(self, kind: str, value: str, length: int) -> Iterator[str]:
        for number in itertools.count():
            stream = self._stream(kind, f"{value} {number}")
            yield "".join(_HEX[next(stream) % 16] for _ in range(length))

    def _shaped(self, value: str) -> str:
        """Return letters for letters, digits for digits."""

        def made(_: str) -> Iterator[str]:
            for number in itertools.count():
                stream = self._stream("shape", f"{value.casefold()} {number}")
                yield "".join(_sign(sign, next(stream)) for sign in value.casefold())

        shaped = self._once("shape", value.casefold(), made)
        return _cased(value, shaped)

    def _letters(self, value: str) -> str:
        """Return as many letters; blanks and slashes stay where they were."""
        return _cased(
            value, self._once("name", value.casefold(), lambda one: self._names(one, len(one), one))
        )

    def _names(self, value: str, length: int, like: str = "") -> Iterator[str]:
        for number in itertools.count():
            stream = self._stream("name", f"{value.casefold()} {number}")
            longer = length + number // _TRIES
            letters = (
                (_VOWELS if index % 2 else _CONSONANTS)[next(stream) % (5 if index % 2 else len(_CONSONANTS))]
                for index in range(longer)
            )
            made = "".join(letters)
            yield (
                "".join(
                    old if old in " /\\" else new
                    for old, new in itertools.zip_longest(like[:longer], made, fillvalue="x")
                )
                if like
                else made
            )

    def _once(self, kind: str, value: str, candidates: Callable[[str], Iterator[str]]) -> str:
        """Return what was made of the value before, or the first candidate that is no word yet."""
        key = kind, value
        if key not in self._made:
            made = value
            for made in itertools.islice(candidates(value), _MOST):
                if self._is_free(made):
                    break
            self._taken.update({made, *(made[a:b] for a, b in words(made))})
            self._made[key] = made
        return self._made[key]

    def _is_free(self, made: str) -> bool:
        parts = {made, *(made[a:b] for a, b in words(made))}
        # An address, a digit or a letter alone is the ASA's as much as anybody's.
        return not any(
            part in self._taken or (part.isalpha() and len(part) > 1 and is_own(part)) for part in parts
        )

    def _bytes(self, kind: str, value: str) -> bytes:
        return hmac.new(
            self._secret, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256
        ).digest()

    def _stream(self, kind: str, value: str) -> Iterator[int]:
        """Yield bytes without end that nobody can tell without the secret."""
        for number in itertools.count():
            yield from self._bytes(kind, f"{value}\0{number}")


def _sign(sign: str, byte: int) -> str:
    if sign.isdigit():
        return string.digits[byte % 10]
    return (_CONSONANTS[byte % len(_CONSONANTS)]) if sign.isalpha() else sign


def _filled(like: str, digits: str) -> str:
    """Return the digits with what stands between those of a text, in the case of its letters."""
    left = iter(digits)
    filled = "".join(next(left) if sign in string.hexdigits else sign for sign in like)
    return filled.upper() if like.upper() == like and like.lower() != like else filled


def _cased(like: str, text: str) -> str:
    """Return the text in upper case where the other has a capital letter, or nothing but such."""
    if like.isupper():
        return text.upper()
    return "".join(
        sign.upper() if index < len(like) and like[index].isupper() else sign
        for index, sign in enumerate(text)
    )
