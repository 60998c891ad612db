from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.engagement import CHANGES
from knock_harness.emulator.snapshots import taken

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from knock_harness.emulator.environment import Environment
    from tests.emulator.conftest import HandClock

pytestmark = pytest.mark.promise("WAIT-EVENT")

HOUR = timedelta(hours=1)


def wait(event: dict[str, Any], **settings: Any) -> dict[str, Any]:
    expires = {"unit": "hours", "value": 1}
    return {"ref": "wait", "type": "wait_for_event", "settings": {"event": event, "expires_after": expires, **settings}}


def message_event(key: str, source: str = "wait-flow") -> dict[str, Any]:
    return {"event_type": "message", "event_key": key, "source_key": source}


@pytest.fixture
def begin(commit: Callable[..., None], in_app: Callable[..., Any], trigger: Callable[..., str]) -> Callable[..., str]:
    """Commit a workflow that sends, waits and sends again, and trigger it for ada."""

    def begin(step: dict[str, Any], **more: Any) -> str:
        commit("wait-flow", in_app("first"), step, in_app("second"))
        return trigger("wait-flow", "ada", **more)

    return begin


@pytest.fixture
def refs(messages: Callable[..., Any]) -> Callable[[], list[str]]:
    """The steps that made messages, in order."""
    return lambda: [each["source"]["step_ref"] for each in messages()]


@pytest.mark.parametrize("source", ["wait-flow", "first"])
def test_a_run_goes_on_at_once_when_its_message_is_read(
    api: httpx.Client,
    begin: Callable[..., str],
    messages: Callable[..., Any],
    runs: Callable[..., Any],
    work: Callable[[], None],
    refs: Callable[[], list[str]],
    source: str,
) -> None:
    begin(wait(message_event("read", source)))
    assert (refs(), runs()[0]["status"]) == (["first"], "paused")

    api.put(f"/v1/messages/{messages()[0]['id']}/read")
    work()

    assert (refs(), runs()[0]["status"]) == (["first", "second"], "completed")


def test_a_run_whose_step_does_not_say_so_ends_when_nothing_happens_in_time(
    begin: Callable[..., str],
    clock: HandClock,
    work: Callable[[], None],
    runs: Callable[..., Any],
    refs: Callable[[], list[str]],
) -> None:
    begin(wait(message_event("read")))

    clock.advance(HOUR)
    work()

    assert (refs(), runs()[0]["status"]) == (["first"], "completed")


@pytest.mark.parametrize(
    ("variable", "argument", "expected"),
    [
        ("event.step_ref", "first", ["first", "second"]),
        ("event.step_ref", "second", ["first"]),
        ("event.source.type", "workflow", ["first", "second"]),
        ("event.source.key", "wait-flow", ["first", "second"]),
        ("event.tenant_id", "acme", ["first", "second"]),
    ],
)
def test_an_event_tells_of_its_message(
    api: httpx.Client,
    begin: Callable[..., str],
    messages: Callable[..., Any],
    work: Callable[[], None],
    refs: Callable[[], list[str]],
    variable: str,
    argument: str,
    expected: list[str],
) -> None:
    group = {"conditions": [{"variable": variable, "operator": "equal_to", "argument": argument}]}
    begin(wait(message_event("read"), match_conditions=[group]), tenant="acme")

    api.put(f"/v1/messages/{messages()[0]['id']}/read")
    work()

    assert refs() == expected


def test_only_the_first_event_counts_and_no_later_wake_comes_of_it(
    api: httpx.Client,
    begin: Callable[..., str],
    messages: Callable[..., Any],
    clock: HandClock,
    work: Callable[[], None],
    refs: Callable[[], list[str]],
) -> None:
    begin(wait(message_event("read")))
    for _ in range(2):
        api.put(f"/v1/messages/{messages()[0]['id']}/read")
        work()

    clock.advance(2 * HOUR)
    work()

    assert refs() == ["first", "second"]


def test_the_time_that_is_not_waited_any_more_ends_no_later_pause(
    api: httpx.Client,
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    clock: HandClock,
    work: Callable[[], None],
    refs: Callable[[], list[str]],
) -> None:
    delay = {"ref": "pause", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 5}}}
    commit("wait-flow", in_app("first"), wait(message_event("read")), delay, in_app("second"))
    trigger("wait-flow", "ada")
    api.put(f"/v1/messages/{messages()[0]['id']}/read")
    work()

    clock.advance(2 * HOUR)
    work()

    assert refs() == ["first"]


def test_an_event_that_comes_late_lets_no_later_step_go_on(
    api: httpx.Client,
    commit: Callable[..., None],
    in_app: Callable[..., Any],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    environment: Environment,
    clock: HandClock,
    work: Callable[[], None],
    refs: Callable[[], list[str]],
) -> None:
    then = {**wait({"event_type": "recipient", "event_key": "updated"}), "ref": "then"}
    commit("wait-flow", in_app("first"), wait(message_event("read")), then, in_app("second"))
    trigger("wait-flow", "ada")
    with environment.store.transaction():
        message = environment.store.messages.find(messages()[0]["id"])
        assert message is not None
        for _ in range(2):
            environment.store.messages.engage([message.seq], CHANGES["read"], at=stamp(clock.now()))
    clock.advance(timedelta(0))
    work()

    assert refs() == ["first"]


@pytest.mark.parametrize(("on_timeout", "expected"), [("continue", ["first", "second"]), ("halt", ["first"])])
def test_when_the_time_is_over_the_run_does_what_the_step_says(
    begin: Callable[..., str],
    runs: Callable[..., Any],
    clock: HandClock,
    work: Callable[[], None],
    refs: Callable[[], list[str]],
    on_timeout: str,
    expected: list[str],
) -> None:
    begin(wait(message_event("read"), on_timeout=on_timeout))

    clock.advance(HOUR)
    work()

    assert (refs(), runs()[0]["status"]) == (expected, "completed")


def test_a_match_may_halt_the_run(
    api: httpx.Client,
    begin: Callable[..., str],
    messages: Callable[..., Any],
    runs: Callable[..., Any],
    work: Callable[[], None],
    refs: Callable[[], list[str]],
) -> None:
    begin(wait(message_event("read"), on_match="halt"))

    api.put(f"/v1/messages/{messages()[0]['id']}/read")
    work()

    assert (refs(), runs()[0]["status"]) == (["first"], "completed")


def test_another_event_does_not_count(
    api: httpx.Client,
    begin: Callable[..., str],
    messages: Callable[..., Any],
    work: Callable[[], None],
    refs: Callable[[], list[str]],
) -> None:
    begin(wait(message_event("read")))

    api.put(f"/v1/messages/{messages()[0]['id']}/seen")
    work()

    assert refs() == ["first"]


def test_the_events_of_other_users_do_not_count(
    api: httpx.Client,
    begin: Callable[..., str],
    trigger: Callable[..., str],
    messages: Callable[..., Any],
    work: Callable[[], None],
) -> None:
    begin(wait(message_event("read")))
    trigger("wait-flow", "bob")

    api.put(f"/v1/messages/{messages()[1]['id']}/read")
    work()

    assert [each["recipient"] for each in messages() if each["source"]["step_ref"] == "second"] == ["bob"]


def test_conditions_on_the_event_choose_among_events(
    api: httpx.Client,
    begin: Callable[..., str],
    work: Callable[[], None],
    clock: HandClock,
    refs: Callable[[], list[str]],
) -> None:
    pro = {"variable": "event.properties.plan", "operator": "equal_to", "argument": "pro"}
    begin(
        wait(
            {"event_type": "recipient", "event_key": "updated"},
            match_conditions=[{"conditions": [pro]}],
            on_timeout="halt",
        )
    )

    api.put("/v1/users/ada", json={"plan": "free"})
    work()
    before = refs()
    clock.advance(HOUR / 2)
    api.put("/v1/users/ada", json={"plan": "pro"})
    work()

    assert (before, refs()) == (["first"], ["first", "second"])


@pytest.mark.parametrize(("key", "at_first", "method"), [("enter", [], "POST"), ("exit", ["ada"], "DELETE")])
def test_a_run_may_wait_until_its_recipient_enters_or_leaves_an_audience(
    api: httpx.Client,
    begin: Callable[..., str],
    work: Callable[[], None],
    refs: Callable[[], list[str]],
    key: str,
    at_first: list[str],
    method: str,
) -> None:
    members = [{"user": {"id": each}} for each in at_first]
    api.post("/v1/audiences/beta/members?create_audience=true", json={"members": members})
    begin(wait({"event_type": "audience", "event_key": key, "audience_key": "beta"}, on_timeout="halt"))

    api.request(method, "/v1/audiences/beta/members", json={"members": [{"user": {"id": "ada"}}]})
    work()

    assert refs() == ["first", "second"]


@pytest.mark.parametrize("key", ["started", "completed"])
def test_a_run_may_wait_for_another_workflow_of_its_recipient(
    begin: Callable[..., str],
    commit: Callable[..., None],
    trigger: Callable[..., str],
    refs: Callable[[], list[str]],
    key: str,
) -> None:
    commit("other", {"ref": "d", "type": "update_data", "settings": {"data": "{}"}})
    begin(wait({"event_type": "workflow", "event_key": key, "source_key": "other"}, on_timeout="halt"))

    trigger("other", "bob")
    before = refs()
    trigger("other", "ada")

    assert (before, refs()) == (["first"], ["first", "second"])


def test_a_run_that_waits_can_be_cancelled(
    api: httpx.Client,
    begin: Callable[..., str],
    messages: Callable[..., Any],
    runs: Callable[..., Any],
    work: Callable[[], None],
    refs: Callable[[], list[str]],
) -> None:
    begin(wait(message_event("read")), cancellation_key="k")
    api.post("/v1/workflows/wait-flow/cancel", json={"cancellation_key": "k"})
    work()

    api.put(f"/v1/messages/{messages()[0]['id']}/read")
    work()

    assert (refs(), runs()[0]["status"]) == (["first"], "cancelled")


def test_a_wait_outlives_the_return_to_a_snapshot(
    api: httpx.Client,
    begin: Callable[..., str],
    messages: Callable[..., Any],
    environment: Environment,
    work: Callable[[], None],
    refs: Callable[[], list[str]],
) -> None:
    begin(wait(message_event("read")))
    environment.restore(taken(environment))

    api.put(f"/v1/messages/{messages()[0]['id']}/read")
    work()

    assert refs() == ["first", "second"]
