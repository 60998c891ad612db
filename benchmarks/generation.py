"""What it costs to generate one valid request of each operation, and which operations are dearest.

The baseline is the contract's document as it is published; what the suites draw from is the same document narrowed. The
time is that of the processor, rejected draws included; building a strategy is paid once and not counted.

Run: python -m benchmarks.generation [--examples N] [--operation ID ...]
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from benchmarks.figures import Figure, at_most, hand_over, parser
from knock_harness import contract
from knock_harness.verify.generation import LONGEST_RANDOM_LIST

#: A case above this mean is dearer than sending and judging it several times over.
CEILING_MS = 10.0


def mean_ms(strategy: Any, *, examples: int) -> float:
    """Return the mean processor time of drawing one case, in milliseconds."""
    drawn: list[object] = []

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
    """Print the cost of each operation, and hand over what they come to."""
    arguments = parser(__doc__)
    arguments.add_argument("--examples", type=int, default=30, help="cases to draw for each operation")
    arguments.add_argument("--operation", action="append", default=[], help="only this operationId; may be repeated")
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    document = contract.load().document
    drawn_from = contract.narrowed(document, longest_list=LONGEST_RANDOM_LIST)
    costs = costs_ms(drawn_from, examples=given.examples, only=given.operation)
    published = costs_ms(document, examples=given.examples, only=given.operation)
    for name, cost in sorted(costs.items(), key=lambda item: item[1]):
        print(f"{cost:8.2f} ms  {name}")
    worst = max(costs, key=costs.__getitem__)
    peer = "the document as published"
    hand_over(
        [
            Figure(
                what=f"generation of a case: {len(costs)} operations, mean",
                measured=mean(costs),
                unit="ms",
                peer=peer,
                peer_measured=mean(published),
            ),
            Figure(
                what=f"generation of a case: dearest operation ({worst})",
                measured=costs[worst],
                unit="ms",
                goal=at_most(CEILING_MS),
                peer=peer,
                peer_measured=published[worst],
            ),
        ],
        given.figures,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
