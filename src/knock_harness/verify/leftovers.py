"""What a run made on its target and did not remove itself, because it was stopped or a process of it died."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from knock_harness.errors import HarnessError
from knock_harness.target import Client, Ledger, read_ledger, remove

if TYPE_CHECKING:
    from knock_harness.verify.plan import Plan

__all__ = ["remaining", "remove_leftovers"]


def remove_leftovers(plan: Plan, *, seconds: float | None = None) -> list[Path]:
    """Remove what the ledgers of a run still hold, and return the ledgers that still hold something.

    Args:
        plan: the run.
        seconds: how long to try; None: until all was tried.
    """
    if plan.ledgers is None:
        return []
    paths = sorted(Path(plan.ledgers).glob(f"{plan.run}-*.jsonl"))
    if not plan.disposable:
        work = threading.Thread(target=_remove_all, args=(plan, paths), daemon=True)
        work.start()
        work.join(seconds)
    left = [path for path in paths if not plan.disposable and remaining(path)]
    for path in paths:
        if path not in left:
            path.unlink()
    return left


def remaining(path: Path) -> int:
    """Return how many entities a ledger says are still there."""
    return len(read_ledger(path)[1])


def _remove_all(plan: Plan, paths: list[Path]) -> None:
    for path in paths:
        header, entities = read_ledger(path)
        if not entities:
            continue
        ledger = Ledger(path, base_url=header.base_url, prefix=header.prefix)
        try:
            with Client(plan.target) as client:
                for entity in remove(client, entities).removed:
                    ledger.removed(entity)
        except HarnessError:
            return  # the target is gone, or refuses: what is left stands in the ledgers
        finally:
            ledger.close()
