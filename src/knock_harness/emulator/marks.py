"""Records inside stored JSON that are read live: marks stand in their place until they are read.

A message outlives changes of the recipients it names, and shows them as they are when it is read. Its stored text
therefore holds a mark in their place. JSON has no control characters (they are escaped), so they can do that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from .references import Ref

__all__ = ["OWNER", "Lookup", "filled", "mark", "replaced"]

#: Stands for the recipient of the message.
OWNER: Final = "\x01"
#: Stands before and behind the reference to any other recipient.
OTHER: Final = "\x02"

#: Returns the JSON of a recipient as it is now, or of what stands for a missing one.
Lookup = Callable[[Ref], str]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Ref).decode


def mark(ref: Ref) -> str:
    """Return what stands in a text for a recipient."""
    return f"{OTHER}{_encode(ref).decode()}{OTHER}"


def filled(text: str, *, owner: Ref, lookup: Lookup) -> str:
    """Return a text with the records in the place of the marks; each record is looked up once."""
    if OWNER in text:
        text = text.replace(OWNER, lookup(owner))
    if OTHER not in text:
        return text
    parts = text.split(OTHER)
    records = {name: lookup(_decode(name)) for name in set(parts[1::2])}
    parts[1::2] = [records[name] for name in parts[1::2]]
    return "".join(parts)


def replaced(text: str, old: Ref, new: Ref) -> str:
    """Return a text that names another recipient."""
    return text.replace(mark(old), mark(new))
