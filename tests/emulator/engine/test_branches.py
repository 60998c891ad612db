from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.emulator.conftest import HandClock

HOUR = timedelta(hours=1)


def where(variable: str, operator: str, argument: str = "") -> dict[str, Any]:
    return {"all": [{"variable": variable, "operator": operator, "argument": argument}]}


def branch(*steps: dict[str, Any], conditions: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": "way", "steps": list(steps), "conditions": conditions, **more}


def branches(*ways: dict[str, Any]) -> dict[str, Any]:
    return {"ref": "fork", "type": "branch", "branches": list(ways)}


def cohorts(*percentages: float, key: str = "", **steps: Any) -> dict[str, Any]:
    ways = [
        {"name": str(number), "percentage": str(each), "steps": steps.get(f"way_{number}", [])}
        for number, each in enumerate(percentages)
    ]
    return {"ref": "draw", "type": "random_cohort", "cohort_key": key, "cohort_branches": ways}


@pytest.fixture
def refs(messages: Callable[..., Any]) -> Callable[..., list[str]]:
    """The steps that made the messages, in order."""
    return lambda **filters: [each["source"]["step_ref"] for each in messages(**filters)]


@pytest.mark.promise("BRANCH-FIRST-TRUE")
@pytest.mark.parametrize(
    ("count", "expected"), [(1, ["over_0"]), (6, ["over_5"]), (11, ["over_10"]), (0, ["other"]), (-1, ["other"])]
)
def test_only_the_first_branch_that_holds_is_taken(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    refs: Callable[..., list[str]],
    count: int,
    expected: list[str],
) -> None:
    ways = [
        branch(in_app(f"over_{each}"), conditions=where("data.count", "greater_than", str(each))) for each in (10, 5, 0)
    ]
    commit("fork", branches(*ways, branch(in_app("other"))))

    trigger("fork", data={"count": count})

    assert refs() == expected


@pytest.mark.promise("BRANCH-DEFAULT")
@pytest.mark.parametrize("default", [[], [{"name": "default", "steps": []}]], ids=["none", "empty"])
def test_without_a_branch_that_holds_the_run_goes_on_behind_the_step(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    refs: Callable[..., list[str]],
    default: list[Any],
) -> None:
    commit(
        "fork",
        branches(branch(in_app("yes"), conditions=where("data.go", "equal_to", "true")), *default),
        in_app("after"),
    )

    trigger("fork", data={"go": False})

    assert refs() == ["after"]


@pytest.mark.promise("BRANCH-DEFAULT")
def test_the_default_branch_is_taken_where_no_other_holds(
    commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str], refs: Callable[..., list[str]]
) -> None:
    commit(
        "fork",
        branches(branch(in_app("yes"), conditions=where("data.go", "equal_to", "true")), branch(in_app("no"))),
        in_app("after"),
    )

    trigger("fork")

    assert refs() == ["no", "after"]


@pytest.mark.promise("BRANCH-REJOINS")
@pytest.mark.parametrize(("terminates", "expected"), [(False, ["in", "after"]), (True, ["in"])])
def test_behind_a_branch_the_run_goes_on_unless_the_branch_ends_it(
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    refs: Callable[..., list[str]],
    runs: Callable[..., Any],
    terminates: bool,
    expected: list[str],
) -> None:
    commit("fork", branches(branch(in_app("in"), terminates=terminates)), in_app("after"))

    trigger("fork")

    assert refs() == expected
    assert runs()[0]["status"] == "completed"


@pytest.mark.promise("BRANCH-REJOINS")
def test_branches_within_branches_come_back_to_where_they_began(
    commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str], refs: Callable[..., list[str]]
) -> None:
    inner = {"ref": "inner", "type": "branch", "branches": [branch(in_app("deep"))]}
    commit("fork", branches(branch(in_app("first"), inner, in_app("second"))), in_app("after"))

    trigger("fork")

    assert refs() == ["first", "deep", "second", "after"]


@pytest.mark.promise("BRANCH-NESTED-PAUSES")
def test_after_a_pause_the_run_goes_on_in_the_branch_it_took(
    api: httpx.Client,
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    refs: Callable[..., list[str]],
    clock: HandClock,
    work: Callable[[], None],
) -> None:
    delay = {"ref": "pause", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}}
    commit(
        "fork",
        branches(
            branch(delay, in_app("pro"), conditions=where("recipient.plan", "equal_to", "pro")), branch(in_app("free"))
        ),
    )
    api.put("/v1/users/ada", json={"plan": "pro"})
    trigger("fork")
    api.put("/v1/users/ada", json={"plan": "free"})

    clock.advance(HOUR)
    work()

    assert refs() == ["pro"]


@pytest.mark.promise("EXPERIMENT-STABLE")
class TestCohorts:
    def test_cohorts_fill_by_weight_and_stay(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        environment: Any,
    ) -> None:
        commit("draw", cohorts(80, 20, way_0=[in_app("large")], way_1=[in_app("small")]))
        users = [f"user-{number}" for number in range(1000)]

        first, again = ({*drawn(environment, trigger("draw", *users))} for _ in range(2))

        assert first == again
        assert 750 <= sum(ref == "large" for _, ref in first) <= 850

    def test_nobody_falls_to_a_cohort_of_no_weight(
        self, commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str], environment: Any
    ) -> None:
        commit("draw", cohorts(0, 100, 0, way_0=[in_app("none")], way_1=[in_app("all")], way_2=[in_app("nobody")]))

        run_id = trigger("draw", *[f"user-{number}" for number in range(100)])

        assert {ref for _, ref in drawn(environment, run_id)} == {"all"}

    @pytest.mark.parametrize("key", ["team", "data.team", "{{ data.team }}"])
    def test_a_key_draws_for_all_that_share_it(
        self,
        commit: Callable[..., None],
        in_app: Callable[..., Any],
        trigger: Callable[..., str],
        environment: Any,
        key: str,
    ) -> None:
        commit("draw", cohorts(50, 50, key=key, way_0=[in_app("a")], way_1=[in_app("b")]))
        users = [f"user-{number}" for number in range(50)]

        found = [
            {ref for _, ref in drawn(environment, trigger("draw", *users, data={"team": team}))} for team in range(20)
        ]

        assert {len(each) for each in found} == {1}
        assert set.union(*found) == {"a", "b"}


def drawn(environment: Any, run_id: str) -> list[tuple[str, str]]:
    """Return whom the messages of a trigger reached, and by which step."""
    rows = environment.store.connection.execute(
        "SELECT recipient_id, message_json ->> '$.source.step_ref' FROM shown_messages WHERE run_id = ?", (run_id,)
    )
    return [(row[0], row[1]) for row in rows]
