from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knock_harness.emulator import definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

DAY = timedelta(days=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday


@pytest.fixture
def occurrences(
    create_schedules: Callable[..., Any], api: httpx.Client, clock: VirtualClock, wait: Callable[..., None], runs: Any
) -> Callable[..., list[datetime]]:
    """Follow a schedule with the clock from one announced occurrence to the next, and return when it fired."""

    def occurrences(*rules: dict[str, Any], number: int = 3, timezone: str = "Etc/UTC", **more: Any) -> list[datetime]:
        create_schedules({"id": "ada", "timezone": timezone}, repeats=list(rules), **more)
        found = []
        for _ in range(number):
            (schedule,) = api.get("/v1/users/ada/schedules").json()["entries"]
            if schedule["next_occurrence_at"] is None:
                break
            announced = datetime.fromisoformat(schedule["next_occurrence_at"])
            wait(announced - clock.now())
            fired = datetime.fromisoformat(runs()[-1]["inserted_at"])
            assert fired == announced
            found.append(fired)
        return found

    return occurrences


def dates(moments: list[datetime]) -> list[str]:
    return [each.strftime("%m-%d %H:%M") for each in moments]


@pytest.mark.promise("SCHED-DAYS")
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"frequency": "weekly", "days": ["mon", "fri"]}, ["03-02", "03-06", "03-09", "03-13"]),
        ({"frequency": "daily", "days": ["sat"]}, ["03-07", "03-14", "03-21", "03-28"]),
    ],
    ids=["weekly", "daily"],
)
def test_a_rule_happens_on_its_days_and_leaves_none_out(occurrences: Any, rule: Any, expected: Any) -> None:
    assert dates(occurrences({**rule, "hours": 9}, number=4)) == [f"{each} 09:00" for each in expected]


@pytest.mark.promise("SCHED-DAYS-SHORTHAND")
@pytest.mark.parametrize(
    ("word", "days"), [("weekdays", ["mon", "tue", "wed", "thu", "fri"]), ("weekends", ["sat", "sun"])]
)
def test_a_word_stands_for_the_days_it_means(
    create_schedules: Any, api: httpx.Client, wait: Any, word: str, days: Any
) -> None:
    create_schedules("ada", repeats=[{"frequency": "daily", "days": word}])
    create_schedules("bob", repeats=[{"frequency": "daily", "days": days}])

    for _ in range(9):
        entries = api.get("/v1/schedules?workflow=scheduled-message").json()["entries"]
        assert len({each["next_occurrence_at"] for each in entries}) == 1
        wait(DAY)


@pytest.mark.promise("SCHED-MONTHLY-DAY")
def test_a_day_of_the_month_comes_every_month(occurrences: Any) -> None:
    found = occurrences({"frequency": "monthly", "day_of_month": 15}, number=12)

    assert [(each.month, each.day) for each in found] == [(month % 12 or 12, 15) for month in range(3, 15)]


@pytest.mark.promise("SCHED-MONTHLY-SHORT-MONTH")
def test_a_day_that_a_month_does_not_have_comes_back_in_the_next_that_has_it(occurrences: Any) -> None:
    found = occurrences({"frequency": "monthly", "day_of_month": 31}, number=4)

    assert dates(found) == ["03-31 00:00", "04-30 00:00", "05-31 00:00", "06-30 00:00"]


@pytest.mark.promise("SCHED-HOURLY")
def test_an_hourly_rule_happens_every_hour_at_its_minute(occurrences: Any) -> None:
    found = occurrences({"frequency": "hourly", "minutes": 30})

    assert dates(found) == ["03-01 12:30", "03-01 13:30", "03-01 14:30"]


@pytest.mark.promise("SCHED-INTERVAL")
@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ({"frequency": "weekly", "days": ["mon"], "interval": 2}, 14),
        ({"frequency": "daily", "interval": 3}, 3),
        ({"frequency": "daily"}, 1),
    ],
    ids=["every second week", "every third day", "left out"],
)
def test_an_interval_keeps_so_many_periods_apart(occurrences: Any, rule: Any, days: int) -> None:
    first, second, third = occurrences(rule, timezone="Europe/Berlin")
    local = [each.astimezone(ZoneInfo("Europe/Berlin")).date() for each in (first, second, third)]

    assert (local[1] - local[0], local[2] - local[1]) == (days * DAY, days * DAY)


@pytest.mark.promise("SCHED-TIME-DEFAULTS")
@pytest.mark.parametrize(("given", "expected"), [({}, "00:00"), ({"hours": 9}, "09:00"), ({"hours": None}, "00:00")])
def test_hours_and_minutes_are_nought_where_they_are_left_out(occurrences: Any, given: Any, expected: str) -> None:
    (found,) = occurrences({"frequency": "daily", **given}, number=1)

    assert found.strftime("%H:%M") == expected


@pytest.mark.promise("SCHED-RULE-VALUES")
@pytest.mark.parametrize("minute", range(0, 60, 5))
def test_every_fifth_minute_can_be_asked_for(occurrences: Any, minute: int) -> None:
    (found,) = occurrences({"frequency": "hourly", "minutes": minute}, number=1)

    assert found.minute == minute


@pytest.mark.promise("SCHED-RULE-VALUES")
@pytest.mark.parametrize(
    "rule",
    [
        {"frequency": "daily", "minutes": 7},
        {"frequency": "daily", "minutes": 60},
        {"frequency": "daily", "hours": 24},
        {"frequency": "yearly"},
        {"frequency": "weekly", "days": ["monday"]},
        {"hours": 9},
    ],
    ids=str,
)
def test_a_rule_of_other_values_is_refused_and_nothing_made(api: httpx.Client, rule: Any) -> None:
    body = {"workflow": "scheduled-message", "recipients": ["ada"], "repeats": [rule]}

    answer = api.post("/v1/schedules", json=body)

    assert answer.status_code == 422
    assert api.get("/v1/schedules?workflow=scheduled-message").json()["entries"] == []


@pytest.mark.promise("SCHED-SEVERAL-RULES")
def test_of_several_rules_each_occurrence_fires_once(occurrences: Any) -> None:
    daily, monday = {"frequency": "daily", "hours": 9}, {"frequency": "weekly", "days": ["mon"], "hours": 9}
    evening = {"frequency": "weekly", "days": ["mon"], "hours": 18}

    found = occurrences(daily, monday, evening, number=4)

    assert dates(found) == ["03-02 09:00", "03-02 18:00", "03-03 09:00", "03-04 09:00"]


@pytest.mark.promise("SCHED-TIMEZONE")
def test_one_call_means_each_recipient_in_its_own_timezone(create_schedules: Any) -> None:
    made = create_schedules(
        {"id": "ada", "timezone": "Asia/Tokyo"},
        {"id": "bob", "timezone": "America/New_York"},
        {"id": "1", "collection": "teams", "timezone": "Europe/Berlin"},
        repeats=[{"frequency": "daily", "hours": 9}],
    )

    assert [each["next_occurrence_at"][:16] for each in made] == [
        "2026-03-02T00:00",
        "2026-03-01T14:00",
        "2026-03-02T08:00",
    ]


@pytest.mark.promise("SCHED-TIMEZONE-FALLBACK")
@pytest.mark.parametrize(("account", "expected"), [(None, "2026-03-02T09:00"), ("Asia/Tokyo", "2026-03-02T00:00")])
def test_without_a_timezone_that_of_the_account_counts(
    create_schedules: Any, environment: Environment, account: str | None, expected: str
) -> None:
    if account is not None:
        definitions.commit_section(environment, "account", {"timezone": account})

    (schedule,) = create_schedules("ada", repeats=[{"frequency": "daily", "hours": 9}])

    assert schedule["next_occurrence_at"][:16] == expected


@pytest.mark.promise("SCHED-TIMEZONE-DST")
def test_the_local_time_stays_when_the_clocks_change(occurrences: Any) -> None:
    found = occurrences({"frequency": "daily", "hours": 9}, number=9, timezone="America/New_York")

    assert [each.strftime("%d %H") for each in found[5:9]] == ["06 14", "07 14", "08 13", "09 13"]


@pytest.mark.promise("SCHED-START-AT")
def test_the_start_itself_may_be_the_first_occurrence(occurrences: Any) -> None:
    found = occurrences({"frequency": "daily", "hours": 9}, scheduled_at="2026-03-11T09:00:00Z", number=2)

    assert dates(found) == ["03-11 09:00", "03-12 09:00"]


@pytest.mark.promise("SCHED-ENDING-AT")
def test_nothing_happens_after_the_end(occurrences: Any, api: httpx.Client, wait: Any, runs: Any) -> None:
    found = occurrences({"frequency": "daily", "hours": 9}, ending_at="2026-03-04T10:00:00Z", number=9)
    wait(10 * DAY)

    (schedule,) = api.get("/v1/users/ada/schedules").json()["entries"]
    assert dates(found) == ["03-02 09:00", "03-03 09:00", "03-04 09:00"]
    assert (len(runs()), schedule["next_occurrence_at"]) == (3, None)


@pytest.mark.promise("SCHED-ENDING-AT")
def test_once_after_the_end_is_never(create_schedules: Any, wait: Any, runs: Any) -> None:
    create_schedules(scheduled_at="2026-03-05T08:00:00Z", ending_at="2026-03-04T08:00:00Z")

    wait(10 * DAY)

    assert runs() == []


@pytest.mark.promise("SCHEDRUN-ANNOUNCED", "SCHED-REPEAT-NEXT")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rule=st.one_of(
        st.fixed_dictionaries(
            {"frequency": st.sampled_from(["daily", "weekly"]), "hours": st.integers(4, 23)},
            optional={
                "minutes": st.integers(0, 11).map(lambda each: each * 5),
                "days": st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
            },
        ),
        st.fixed_dictionaries(
            {"frequency": st.just("hourly"), "minutes": st.integers(0, 11).map(lambda each: each * 5)}
        ),
        st.fixed_dictionaries(
            {"frequency": st.just("monthly"), "day_of_month": st.integers(1, 28), "hours": st.integers(4, 23)}
        ),
    ),
    timezone=st.sampled_from(["Etc/UTC", "Asia/Tokyo", "America/New_York", "Europe/Berlin"]),
    step_hours=st.integers(1, 60),
)
def test_runs_start_when_a_calendar_says_so_and_at_no_other_time(
    emulator: Any,
    create_schedules: Any,
    clock: VirtualClock,
    wait: Any,
    environment: Environment,
    rule: dict[str, Any],
    timezone: str,
    step_hours: int,
) -> None:
    emulator.reset(environment.name)
    clock.move_to(NOW)
    zone = ZoneInfo(timezone)
    (made,) = create_schedules({"id": "ada", "timezone": timezone}, repeats=[rule])

    for _ in range(4):
        wait(timedelta(hours=step_hours))

    expected = [each for each in calendar(rule, zone) if NOW < each <= clock.now()]
    rows = environment.store.connection.execute("SELECT inserted_at FROM runs ORDER BY seq")
    first = next(each for each in calendar(rule, zone) if each > NOW)
    assert [datetime.fromisoformat(row[0]) for row in rows] == expected
    assert datetime.fromisoformat(made["next_occurrence_at"]) == first


def calendar(rule: dict[str, Any], zone: ZoneInfo) -> Iterator[datetime]:
    """Yield all moments from yesterday on that fit a rule, found by looking at each in turn."""
    start = NOW - DAY
    if rule["frequency"] == "hourly":
        hour = start.replace(minute=rule["minutes"])
        yield from (hour + timedelta(hours=number) for number in range(20 * 24))
        return
    today = NOW.astimezone(zone).date()
    for number in range(-1, 70):
        day = today + number * DAY
        if fits(rule, day, today):
            local = datetime.combine(day, time(rule["hours"], rule.get("minutes", 0)), tzinfo=zone)
            yield local.astimezone(UTC)


def fits(rule: dict[str, Any], day: date, today: date) -> bool:
    if rule["frequency"] == "monthly":
        return day.day == rule["day_of_month"]
    every = NAMES if rule["frequency"] == "daily" else [NAMES[today.weekday()]]
    return NAMES[day.weekday()] in rule.get("days", every)


@pytest.mark.promise("SCHEDRUN-CONTEXT")
@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, ["{}"]), ({"data": {"a": 1}, "tenant": "acme"}, ["{&quot;a&quot;:1}", "for acme"])],
    ids=["bare", "with data and tenant"],
)
def test_a_run_knows_its_schedule_and_what_the_schedule_says(
    commit: Any,
    in_app: Any,
    create_schedules: Any,
    trigger: Any,
    api: httpx.Client,
    wait: Any,
    messages: Any,
    more: Any,
    expected: Any,
) -> None:
    acme = {"all": [{"variable": "tenant.id", "operator": "equal_to", "argument": "acme"}]}
    body = "{{ recipient.schedule.id }} {{ recipient.schedule.last_occurrence_at }} {{ data | json }}"
    commit("scheduled-message", in_app(body=body), in_app("second", "for {{ tenant.id }}", conditions=acme))
    trigger("scheduled-message", data={"earlier": True})
    (schedule,) = create_schedules(scheduled_at="2026-03-02T08:00:00Z", **more)

    wait(DAY)

    texts = [
        api.get(f"/v1/messages/{each['id']}/content").json()["data"]["blocks"][0]["rendered"] for each in messages()
    ]
    expected = [f"{schedule['id']} {schedule['next_occurrence_at']} {expected[0]}", *expected[1:]]
    assert [each.removeprefix("<p>").removesuffix("</p>\n").replace('"', "&quot;") for each in texts[1:]] == expected
