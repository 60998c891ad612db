"""How long it takes to find the operation of a request, next to trying one pattern after the other.

Run: python -m benchmarks.router
"""

from __future__ import annotations

import re
import timeit
from typing import TYPE_CHECKING

from knock_harness import contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from knock_harness.contract import Operation

ROUNDS = 300
_PARAMETER = re.compile(r"\\\{[^}]*\\\}")


def patterns() -> list[tuple[str, re.Pattern[str], Operation]]:
    """Return each operation with a pattern for its path, literal paths first as a reader of patterns needs them."""
    operations = sorted(contract.load().operations.values(), key=lambda each: each.path.count("{"))
    return [(each.method, re.compile(_PARAMETER.sub("([^/]+)", re.escape(each.path))), each) for each in operations]


def requests() -> list[tuple[str, str]]:
    """Return a request for each operation, as method and path."""
    found = contract.load().operations.values()
    return [(each.method, re.sub(r"\{[^}]*\}", "6f1f8a3e", each.path)) for each in found]


def mean_us(find: Callable[[str, str], object], asked: list[tuple[str, str]]) -> float:
    """Return the mean time of finding an operation, in microseconds; the best of five runs."""
    runs = timeit.repeat(lambda: [find(method, path) for method, path in asked], number=ROUNDS, repeat=5)
    return min(runs) / ROUNDS / len(asked) * 1e6


def main() -> None:
    """Print both times and their ratio."""
    scanned = patterns()

    def scan(method: str, path: str) -> object:
        for each, pattern, operation in scanned:
            if each == method and (found := pattern.fullmatch(path)):
                return operation, found.groups()
        return None

    asked = requests()
    ours, theirs = mean_us(contract.load().router.match, asked), mean_us(scan, asked)
    print(f"one walk over the segments: {ours:.2f} us; a scan over {len(scanned)} patterns: {theirs:.2f} us")
    print(f"ratio: {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
