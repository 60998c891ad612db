from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knock_harness import contract
from knock_harness.contract import Match
from knock_harness.emulator import Emulator
from knock_harness.emulator.exchange import Request
from knock_harness.emulator.limits import Limits, factor
from knock_harness.emulator.refusals import TooManyRequests
from knock_harness.emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import httpx

    from knock_harness.emulator.environment import Environment

    from .conftest import HandClock

KEY, PUBLIC = "sk_test_tests", "pk_test_tests"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPERATIONS = contract.load().operations
#: Requests a second of each tier, as they are promised: not as the emulator has them.
RATES = {1: 1.0, 2: 5.0, 3: 60.0, 4: 200.0, 5: 1000.0}
#: An operation of each tier, from the first to the last.
EACH_TIER = ["bulkSetTenants", "deleteUser", "identifyUser", "getUser", "triggerWorkflow"]

tiers = pytest.mark.parametrize("operation", [OPERATIONS[each] for each in EACH_TIER], ids=EACH_TIER)


def admitted(limits: Limits, operation: contract.Operation, moments: Iterable[float]) -> list[float]:
    """Send a request at each moment, in seconds from the start, and return when those came that were admitted."""
    passed = []
    for at in moments:
        try:
            limits.admit(Match(operation, {}), user_id=None, now=START + timedelta(seconds=at))
        except TooManyRequests:
            continue
        passed.append(at)
    return passed


def evenly(rate: float, *, seconds: float, phase: float = 0.0) -> list[float]:
    return [phase + number / rate for number in range(int(rate * seconds))]


def busiest(moments: Sequence[float], *, window: float) -> int:
    """Return the most moments that lie within one window."""
    return max(sum(1 for other in moments if at <= other < at + window) for at in moments)


@pytest.mark.promise("RATE-TIER-TABLE")
def test_operations_are_of_the_tiers_that_are_published() -> None:
    assert [OPERATIONS[each].tier for each in EACH_TIER] == [*RATES]


@pytest.mark.promise("RATE-TIER-FLOOR")
@pytest.mark.parametrize("share", [0.5, 0.8, 1.0])
@pytest.mark.parametrize("phase", [0.0, 0.123, 0.999])
@tiers
def test_even_traffic_at_or_below_the_tier_is_never_refused(
    operation: contract.Operation, share: float, phase: float
) -> None:
    moments = evenly(RATES[operation.tier] * share, seconds=5, phase=phase)

    assert admitted(Limits(1.0), operation, moments) == moments


@pytest.mark.promise("RATE-TIER-FLOOR")
@tiers
def test_a_seconds_worth_may_come_at_once_every_second(operation: contract.Operation) -> None:
    moments = [float(second) for second in range(4) for _ in range(int(RATES[operation.tier]))]

    assert admitted(Limits(1.0), operation, moments) == moments


@pytest.mark.promise("RATE-TIER-FLOOR")
@given(jitter=st.lists(st.floats(-0.015, 0.015), min_size=60, max_size=60))
def test_a_caller_that_keeps_to_the_limit_is_not_refused_for_the_jitter_of_the_network(jitter: list[float]) -> None:
    moments = [at + late for at, late in zip(evenly(5.0, seconds=12, phase=1.0), jitter, strict=True)]

    assert admitted(Limits(1.0), OPERATIONS["deleteUser"], moments) == moments


@pytest.mark.promise("RATE-TIER-FLOOR")
@given(gaps=st.lists(st.floats(0.0, 0.6), min_size=1, max_size=60))
def test_whatever_keeps_the_limit_in_every_second_is_admitted(gaps: list[float]) -> None:
    moments: list[float] = []
    at = 0.0
    for gap in gaps:
        at += gap
        if len(moments) >= 5:
            at = max(at, moments[-5] + 1.0)
        moments.append(at)

    assert admitted(Limits(1.0), OPERATIONS["deleteUser"], moments) == moments


@pytest.mark.promise("RATE-TIER-CEILING")
@tiers
def test_traffic_above_the_tier_is_admitted_at_the_rate_of_the_tier(operation: contract.Operation) -> None:
    rate = RATES[operation.tier]

    passed = admitted(Limits(1.0), operation, evenly(3 * rate, seconds=24))

    assert rate * 24 <= len(passed) <= rate * 24 * 1.05


@pytest.mark.promise("RATE-TIER-CEILING")
@given(gaps=st.lists(st.floats(0.0, 0.4), min_size=1, max_size=200))
def test_no_window_sees_more_than_the_limit_whatever_comes(gaps: list[float]) -> None:
    moments = [sum(gaps[: place + 1]) for place in range(len(gaps))]

    passed = admitted(Limits(1.0), OPERATIONS["deleteUser"], moments)

    assert busiest(passed, window=0.95) <= 5


@pytest.mark.promise("RATE-RECOVERY")
@tiers
def test_after_a_quiet_second_calls_are_admitted_again(operation: contract.Operation) -> None:
    limits, burst = Limits(1.0), int(3 * RATES[operation.tier])
    admitted(limits, operation, [0.0] * burst)

    assert len(admitted(limits, operation, [1.0] * burst)) == RATES[operation.tier]


@pytest.mark.promise("RATE-RECOVERY")
def test_refused_calls_do_not_count() -> None:
    limits = Limits(1.0)

    assert len(admitted(limits, OPERATIONS["bulkSetTenants"], [number / 10 for number in range(50)])) == 5


@pytest.mark.parametrize(("text", "times"), [("off", inf), ("on", 1.0), ("5x", 5.0), ("0.5x", 0.5), ("10.25x", 10.25)])
def test_limits_are_off_on_or_a_factor(text: str, times: float) -> None:
    assert factor(text) == times


@pytest.mark.parametrize("text", ["", "yes", "0x", "0.0x", "-1x", "x", "5", "5X", "1e3x", "5x "])
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="limits are off, on"):
        factor(text)
    with pytest.raises(ValueError, match="limits are off, on"):
        Settings(limits=text)


@pytest.mark.parametrize(("times", "expected"), [(5.0, 600), (0.2, 24), (1.5, 180)])
def test_a_factor_multiplies_the_limit(times: float, expected: int) -> None:
    passed = admitted(Limits(times), OPERATIONS["deleteUser"], evenly(100.0, seconds=24))

    assert expected <= len(passed) <= expected * 1.05


def test_the_budgets_of_users_who_left_take_no_room() -> None:
    limits = Limits(1.0)
    for second in range(20):
        for number in range(500):
            now = START + timedelta(seconds=second + number / 1000)
            limits.admit(Match(OPERATIONS["getUser"], {}), user_id=f"{second}-{number}", now=now)

    assert len(limits._logs) < 2500


# What callers see. The clock stands still unless it is moved.

Burst = Callable[..., list[int]]


@pytest.fixture
def limited(environment: Environment) -> None:
    environment.configure(limits="on")


@pytest.fixture
def burst(emulator: Emulator) -> Burst:
    """Send a request many times and return the statuses."""

    def burst(method: str, path: str, times: int = 1, *, key: str = KEY, user: str | None = None) -> list[int]:
        headers = [(b"authorization", f"Bearer {key}".encode())]
        if user is not None:
            headers.append((b"x-knock-user-token", user.encode()))
        return [emulator.handle(Request(method, path, "", headers)).status for _ in range(times)]

    return burst


def test_without_limits_nothing_is_refused(burst: Burst) -> None:
    assert set(burst("GET", "/v1/users", 300)) == {200}


@pytest.mark.promise("RATE-TIER-TABLE", "RATE-TIER-FLOOR", "RATE-TIER-CEILING")
@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_each_operation_admits_as_many_as_its_tier_says(burst: Burst, operation: contract.Operation) -> None:
    path = operation.path.replace("{", "").replace("}", "")

    statuses = burst(operation.method, path, int(RATES[operation.tier]) + 2)

    assert [each == 429 for each in statuses] == [False] * int(RATES[operation.tier]) + [True, True]


@pytest.mark.promise("RATE-429-ENVELOPE")
@pytest.mark.usefixtures("limited")
def test_a_429_has_the_common_body(api: httpx.Client) -> None:
    answers = [api.delete("/v1/users/ada") for _ in range(6)]

    assert answers[-1].status_code == 429
    assert answers[-1].json() | {"message": ...} == {
        "code": "rate_limit_exceeded",
        "message": ...,
        "status": 429,
        "type": "invalid_request_error",
    }


@pytest.mark.promise("RATE-RETRY-AFTER-SANE", "RATE-RECOVERY")
@pytest.mark.usefixtures("limited")
def test_who_waits_as_long_as_told_is_admitted(api: httpx.Client, clock: HandClock) -> None:
    answers = [api.delete("/v1/users/ada") for _ in range(6)]
    clock.advance(timedelta(seconds=int(answers[-1].headers["retry-after"])))

    assert [each.status_code for each in answers] == [404] * 5 + [429]
    assert api.delete("/v1/users/ada").status_code == 404
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


@pytest.mark.usefixtures("limited")
def test_a_page_of_another_origin_may_read_when_to_come_back(public: httpx.Client) -> None:
    headers = {"origin": "http://localhost:3000"}
    answers = [public.put("/v1/messages/m/seen", headers=headers) for _ in range(6)]

    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "1")
    assert "retry-after" in answers[-1].headers["access-control-expose-headers"]


@pytest.mark.promise("RATE-429-NO-EFFECT")
@pytest.mark.usefixtures("limited")
def test_what_is_refused_has_no_effect(api: httpx.Client, environment: Environment) -> None:
    statuses = [api.put(f"/v1/users/u{number}", json={"name": "U"}).status_code for number in range(70)]
    before = environment.store.connection.serialize()
    api.put("/v1/users/u99", json={"name": "U"})

    assert statuses == [200] * 60 + [429] * 10
    assert environment.store.connection.serialize() == before
    assert len(api.get("/v1/users", params={"page_size": 50}).json()["entries"]) == 50
    assert api.get("/v1/users/u60").status_code == 404


@pytest.mark.promise("RATE-429-NO-EFFECT")
@pytest.mark.usefixtures("limited")
def test_a_trigger_that_is_refused_starts_nothing(
    burst: Burst, api: httpx.Client, environment: Environment, work: Callable[[], None]
) -> None:
    burst("POST", "/v1/workflows/in-app-message/trigger", 1000)
    before = environment.store.connection.serialize()

    answer = api.post("/v1/workflows/in-app-message/trigger", json={"recipients": ["ada"]})

    assert (answer.status_code, environment.store.connection.serialize() == before) == (429, True)


@pytest.mark.promise("RATE-SCOPE-ENDPOINT", "RATE-SCOPE-METHOD")
@pytest.mark.usefixtures("limited")
def test_each_operation_has_a_budget_of_its_own(burst: Burst) -> None:
    assert burst("DELETE", "/v1/users/ada", 6)[-1] == 429

    assert burst("GET", "/v1/users/ada") == [404]
    assert burst("DELETE", "/v1/tenants/acme") != [429]


@pytest.mark.promise("RATE-SCOPE-TEMPLATE")
@pytest.mark.usefixtures("limited")
def test_ids_draw_on_one_budget(burst: Burst) -> None:
    statuses = [burst("DELETE", f"/v1/users/u{number}")[0] for number in range(15)]

    assert statuses == [404] * 5 + [429] * 10


@pytest.mark.promise("RATE-SCOPE-ENVIRONMENT")
@pytest.mark.usefixtures("limited")
def test_environments_do_not_affect_each_other(emulator: Emulator, burst: Burst) -> None:
    emulator.open_environment("sk_test_other").configure(limits="on")
    assert burst("DELETE", "/v1/users/ada", 6)[-1] == 429

    assert burst("DELETE", "/v1/users/ada", 5, key="sk_test_other") == [404] * 5


@pytest.mark.promise("RATE-SCOPE-KEYS-SHARE")
@pytest.mark.usefixtures("limited")
def test_the_keys_of_an_environment_share_a_budget(emulator: Emulator, burst: Burst) -> None:
    other = emulator.create_key(KEY, "secret").token
    keys = [KEY, other, PUBLIC] * 2

    statuses = [burst("PUT", f"/v1/messages/m{place}/seen", key=key)[0] for place, key in enumerate(keys)]

    assert statuses == [404] * 5 + [429]


@pytest.mark.promise("RATE-SCOPE-USER-TOKEN")
@pytest.mark.usefixtures("limited")
def test_each_user_with_a_token_has_a_budget(burst: Burst, sign: Callable[..., str], secure: None) -> None:
    ada, ben = sign("ada"), sign("ben")

    first = burst("PUT", "/v1/messages/m/seen", 5, key=PUBLIC, user=ada)
    second = burst("PUT", "/v1/messages/m/seen", 5, key=PUBLIC, user=ben)

    assert first + second == [404] * 10
    assert burst("PUT", "/v1/messages/m/seen", key=PUBLIC, user=ada) == [429]
    assert burst("PUT", "/v1/messages/m/seen") == [404]


@pytest.mark.promise("RATE-FEED-PER-USER")
@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("key", ["secret", "public"])
def test_feeds_are_counted_for_each_user(burst: Burst, feed: str, key: str) -> None:
    token = {"secret": KEY, "public": PUBLIC}[key]
    others = [burst("GET", feed.replace("/ada/", f"/u{number}/"), key=token)[0] for number in range(20)]

    assert others == [200] * 20
    assert burst("GET", feed, 6, key=token) == [200] * 5 + [429]


def test_a_call_with_no_right_to_pass_is_not_counted(burst: Burst, limited: None) -> None:
    assert set(burst("DELETE", "/v1/users/ada", 20, key=PUBLIC)) == {403}

    assert burst("DELETE", "/v1/users/ada", 5) == [404] * 5


def test_limits_can_be_those_of_every_environment() -> None:
    emulator = Emulator(settings=Settings(limits="on"))
    headers = [(b"authorization", b"Bearer sk_test_new")]

    statuses = [emulator.handle(Request("DELETE", "/v1/users/ada", "", headers)).status for _ in range(100)]

    assert 429 in statuses
