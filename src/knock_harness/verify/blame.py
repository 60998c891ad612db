"""Whether the target is to blame: what failed once must fail again, about entities that nobody has touched.

The other half of the question, whether the request was what it was meant to be, is answered by `Answer.flaws`, from
the bytes that were sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .drafts import symbols

if TYPE_CHECKING:
    from collections.abc import Callable

    from knock_harness.target import World

    from .drafts import Draft

__all__ = ["repeated"]

T = TypeVar("T")


def repeated(draft: Draft, world: World, fails: Callable[[Draft], T | None]) -> T | None:
    """Have a failing draft sent again about fresh entities, and return how it fails; None: it no longer does.

    Args:
        draft: what failed.
        world: forgets what the draft names, so that it is made anew.
        fails: sends a draft and says how it fails.
    """
    for symbol in symbols(draft):
        world.consume(symbol)
    return fails(draft)
