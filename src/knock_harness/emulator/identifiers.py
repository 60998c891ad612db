"""Identifiers that the emulator gives out."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

__all__ = ["Identifiers", "is_uuid", "ksuid_moment", "named_uuid"]

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(high + low for high in _BASE62 for low in _BASE62)
_KSUID_EPOCH = 1_400_000_000
_KSUID_FIRST = datetime.fromtimestamp(_KSUID_EPOCH, UTC)
_KSUID_LENGTH = 27
#: The bits of a UUID that are random, and those that say what kind it is (version 7: later ones are greater).
_UUID_RANDOM = (1 << 80) - 1 & ~(0xF << 76 | 0x3 << 62)
_UUID_MARKS = 7 << 76 | 2 << 62
_FIRST_UUID = 0x0190_0000_0000
_GENERATION_BITS = 32  # one source gives out no more than so many bits count


_decode_state = msgspec.msgpack.Decoder(tuple[int, tuple[int, tuple[int, ...], float | None]]).decode


def named_uuid(name: str) -> str:
    """Return the UUID that always stands for a name, such as a workflow version."""
    return str(uuid5(NAMESPACE_URL, f"knock-harness:{name}"))


class Identifiers:
    """A source of identifiers: the same arguments give the same ones in the same order.

    Args:
        seed: None: one of the system's.
        whose: sources of different names give different ones.
        generation: how often the source was opened before; a later one gives others, and greater UUIDs.
    """

    def __init__(self, seed: int | None = None, *, whose: str = "", generation: int = 0) -> None:
        self._random = random.Random(None if seed is None else f"{seed}/{whose}/{generation}")  # noqa: S311 - identifiers, not secrets
        self._last_uuid = _FIRST_UUID + (generation << _GENERATION_BITS)

    def state(self) -> bytes:
        """Return what it needs to go on from here."""
        return msgspec.msgpack.encode((self._last_uuid, self._random.getstate()))

    def restore(self, state: bytes) -> None:
        """Go on from where another one was."""
        self._last_uuid, drawn = _decode_state(state)
        self._random.setstate(drawn)

    def uuid(self) -> str:
        """Return a UUID, as for runs, bulk operations and schedules.

        Each is greater than the one before: an index of them grows at its end, which costs less than anywhere else.
        """
        self._last_uuid += 1
        text = f"{self._last_uuid << 80 | self._random.getrandbits(80) & _UUID_RANDOM | _UUID_MARKS:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def request_id(self) -> str:
        """Return 20 characters of URL-safe base64, as x-request-id has (REQID-PRESENT)."""
        return urlsafe_b64encode(self._random.randbytes(15)).decode("ascii")

    def ksuid(self, at: datetime) -> str:
        """Return a K-sortable identifier of 27 characters, as messages have."""
        number = ((int(at.timestamp()) - _KSUID_EPOCH) << 128) | self._random.getrandbits(128)
        high, low = divmod(number, 62**14)  # two numbers of one machine word are divided faster than one large one
        pairs = []
        for _ in range(7):
            low, pair = divmod(low, 62**2)
            pairs.append(_PAIRS[pair])
        for _ in range(6):
            high, pair = divmod(high, 62**2)
            pairs.append(_PAIRS[pair])
        return _BASE62[high] + "".join(reversed(pairs))


def ksuid_moment(text: str) -> datetime | None:
    """Return when a K-sortable identifier was made, to the second; None: it is none."""
    if len(text) != _KSUID_LENGTH or not set(text) <= set(_BASE62):
        return None
    number = 0
    for each in text:
        number = number * 62 + _BASE62.index(each)
    return _KSUID_FIRST + timedelta(seconds=number >> 128)


def is_uuid(text: str) -> bool:
    """Say whether a text is a UUID in the usual form."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
