"""Every method of every resource of the official client, found by looking at it."""

from __future__ import annotations

import inspect
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from knockapi import Knock
from knockapi._resource import SyncAPIResource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["METHODS", "named"]

#: Wrappers around a whole client or resource; their methods are the same once more.
WRAPPERS = frozenset({"with_raw_response", "with_streaming_response", "with_options"})


def named(knock: Knock, method: str) -> Callable[..., Any]:
    """Return a method of a client by its dotted name, such as ``users.bulk.delete``."""
    return attrgetter(method)(knock)


def _methods(owner: object, prefix: str) -> Iterator[str]:
    for name in dir(type(owner)):
        if name.startswith("_") or name in WRAPPERS:
            continue
        member = getattr(owner, name)
        if isinstance(member, SyncAPIResource):
            yield from _methods(member, f"{prefix}{name}.")
        elif prefix and inspect.ismethod(member):
            yield prefix + name


#: Their dotted names, sorted.
METHODS = sorted(_methods(Knock(api_key="sk_test_none", base_url="http://127.0.0.1:9"), ""))
