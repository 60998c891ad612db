"""What it costs to generate one valid request of each operation, and which operations are dearest.

The baseline is the contract's document as it is published; what the suites draw from is the same document narrowed. The
time is that of the processor, rejected draws included; building a strategy is paid once and not counted.

Run: python benchmarks/generation.py [--examples N] [--operation ID ...] [--baseline]
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from knock_harness import contract

#: A case above this mean is dearer than sending and judging it several times over.
CEILING_MS = 10.0


def mean_ms(strategy: Any, *, examples: int) -> float:
    """Return the mean processor time of drawing one case, in milliseconds."""
    drawn = []

    @seed(0)
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: object) -> None:
        drawn.append(case)

    started = time.process_time()
    draw()
    return (time.process_time() - started) / len(drawn) * 1000


def costs_ms(document: dict[str, Any], *, examples: int, only: list[str]) -> dict[str, float]:
    """Return the mean cost of a valid case of each operation of the document, by operationId."""
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    costs = {}
    for found in schemathesis.openapi.from_dict(document, config=config).get_all_operations():
        operation = found.ok()
        name = operation.definition.raw["operationId"]
        if only and name not in only:
            continue
        strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        mean_ms(strategy, examples=2)  # builds the strategy
        costs[name] = mean_ms(strategy, examples=examples)
    return costs


def mean(costs: dict[str, float]) -> float:
    """Return the mean over the operations."""
    return sum(costs.values()) / len(costs)


def main() -> int:
    """Print the table; exit 1 if an operation lies above the ceiling."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=50, help="cases to draw for each operation")
    parser.add_argument("--operation", action="append", default=[], help="only this operationId")
    parser.add_argument("--baseline", action="store_true", help="measure the document as published, too")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    document = contract.load().document
    costs = costs_ms(contract.narrowed(document), examples=arguments.examples, only=arguments.operation)
    for name, cost in sorted(costs.items(), key=lambda item: item[1]):
        print(f"{cost:8.2f} ms  {name}")
    worst = max(costs, key=costs.__getitem__)
    above = sum(cost > CEILING_MS for cost in costs.values())
    print(f"{len(costs)} operations, {arguments.examples} cases each: mean {mean(costs):.2f} ms a case")
    print(f"worst {costs[worst]:.2f} ms ({worst}); above {CEILING_MS:.0f} ms: {above}")
    if arguments.baseline:
        published = costs_ms(document, examples=arguments.examples, only=arguments.operation)
        print(f"as published: mean {mean(published):.2f} ms, worst {max(published.values()):.2f} ms")
        print(f"ratio of the means: {mean(published) / mean(costs):.1f}")
    return int(costs[worst] > CEILING_MS)


if __name__ == "__main__":
    raise SystemExit(main())
