"""Calls about workflows, their runs and schedules, bulk operations, providers and integrations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .case import Case, after, call, refused
from .stage import TENANT_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CASES"]

NEXT_YEAR = datetime(datetime.now(UTC).year + 1, 6, 1, 12, tzinfo=UTC)

CASES: Mapping[str, Case] = {
    "workflows.trigger": Case(
        lambda on: call(
            "in-app-message",
            recipients=["ada", {"id": "bob", "name": "Bob"}, {"collection": "machines", "id": on.object()}],
            actor={"id": "eve", "name": "Eve"},
            data={"message": "Hello"},
            tenant={"id": "acme", "name": "Acme"},
            settings={"sandbox_mode": False},
        ),
        lambda started, on: (
            len(on.runs(started.workflow_run_id, count=3)) == 3 and on.knock.users.get("eve").name == "Eve"
        ),
    ),
    "workflows.cancel": Case(
        lambda on: after(
            (
                on.knock.workflows.trigger("delayed-message", recipients=["ada", "bob"], cancellation_key="key"),
                on.recipients("delayed-message", "paused", count=2),
            ),
            call("delayed-message", cancellation_key="key", recipients=["ada"]),
        ),
        lambda _, on: on.recipients("delayed-message", "cancelled", count=1) == ["ada"],
    ),
    "workflow_recipient_runs.list": Case(
        lambda on: after(
            (on.run("ada", tenant="acme"), on.run("bob")),
            call(
                workflow="in-app-message",
                recipient="ada",
                tenant="acme",
                status=["completed"],
                has_errors=False,
                starting_at=datetime.now(UTC) - timedelta(hours=1),
                ending_at=datetime.now(UTC) + timedelta(hours=1),
            ),
        ),
        lambda page, on: [run.recipient for run in page] == ["ada"],
    ),
    "workflow_recipient_runs.get": Case(
        lambda on: call(on.run("ada").id),
        lambda run, on: (run.recipient, run.workflow) == ("ada", "in-app-message") and len(run.events) > 0,
    ),
    "schedules.create": Case(
        lambda on: call(
            workflow="scheduled-message",
            recipients=["ada", {"collection": "machines", "id": on.object()}],
            repeats=[{"frequency": "weekly", "days": ["mon"], "hours": 9, "minutes": 30}],
            scheduled_at=NEXT_YEAR,
            data={"colour": "red"},
            tenant="acme",
        ),
        lambda created, on: (
            [each.recipient.id for each in created] == ["ada", "engine"]
            and all(each.next_occurrence_at >= NEXT_YEAR for each in created)
        ),
    ),
    "schedules.list": Case(
        lambda on: after(
            (on.schedule("ada"), on.schedule("bob"), on.schedule({"collection": "machines", "id": on.object()})),
            call(workflow="scheduled-message", recipients=[{"collection": "machines", "id": "engine"}]),
        ),
        lambda page, on: [each.recipient.id for each in page] == ["engine"],
    ),
    "schedules.update": Case(
        lambda on: call(schedule_ids=[on.schedule("ada"), on.schedule("bob")], data={"colour": "blue"}),
        lambda updated, on: (
            [each.data for each in updated] == [{"colour": "blue"}] * 2
            and all(len(each.repeats) == 1 for each in updated)
        ),
    ),
    "schedules.delete": Case(
        lambda on: after(on.schedule("bob"), call(schedule_ids=[on.schedule("ada")])),
        lambda deleted, on: (
            [each.recipient.id for each in deleted] == ["ada"]
            and [each.recipient.id for each in on.knock.schedules.list(workflow="scheduled-message")] == ["bob"]
        ),
    ),
    "schedules.bulk.create": Case(
        lambda on: call(
            schedules=[
                {"workflow": "scheduled-message", "recipient": "ada", "scheduled_at": NEXT_YEAR},
                {"workflow": "scheduled-message", "recipient": "bob", "scheduled_at": NEXT_YEAR.isoformat()},
            ]
        ),
        lambda started, on: (
            on.done(started).success_count == 2
            and {each.next_occurrence_at for each in on.knock.schedules.list(workflow="scheduled-message")}
            == {NEXT_YEAR}
        ),
    ),
    "bulk_operations.get": Case(
        lambda on: call(on.knock.users.bulk.identify(users=[{"id": "ada"}]).id),
        lambda operation, on: (operation.name, operation.estimated_total_rows) == ("users.identify", 1),
    ),
    "providers.slack.check_auth": Case(
        lambda on: call(on.channel["slack"], access_token_object=on.slack_token()),
        lambda answer, on: answer.connection.ok,
    ),
    "providers.slack.list_channels": Case(
        lambda on: call(on.channel["slack"], access_token_object=on.slack_token(), query_options={"limit": 1}),
        lambda page, on: len(page.slack_channels) == 1 and len(list(page)) > 1,
    ),
    "providers.slack.revoke_access": Case(
        lambda on: call(on.channel["slack"], access_token_object=on.slack_token()),
        lambda answer, on: (
            answer.ok == "ok"
            and refused(
                lambda: on.knock.providers.slack.check_auth(on.channel["slack"], access_token_object=TENANT_REFERENCE)
            )
        ),
    ),
    "providers.ms_teams.check_auth": Case(
        lambda on: call(on.channel["ms-teams"], ms_teams_tenant_object=on.teams_tenant()),
        lambda answer, on: answer.connection.ok,
    ),
    "providers.ms_teams.list_teams": Case(
        lambda on: call(
            on.channel["ms-teams"], ms_teams_tenant_object=on.teams_tenant(), extra_query={"query_options[$top]": 1}
        ),
        lambda page, on: len(page.ms_teams_teams) == 1 and len(list(page)) > 1,
    ),
    "providers.ms_teams.list_channels": Case(
        lambda on: call(
            on.channel["ms-teams"],
            ms_teams_tenant_object=on.teams_tenant(),
            team_id=on.knock.providers.ms_teams.list_teams(
                on.channel["ms-teams"], ms_teams_tenant_object=TENANT_REFERENCE
            )
            .ms_teams_teams[0]
            .id,
        ),
        lambda answer, on: len(answer.ms_teams_channels) > 0,
    ),
    "providers.ms_teams.revoke_access": Case(
        lambda on: call(on.channel["ms-teams"], ms_teams_tenant_object=on.teams_tenant()),
        lambda answer, on: (
            answer.ok == "ok"
            and refused(
                lambda: on.knock.providers.ms_teams.check_auth(
                    on.channel["ms-teams"], ms_teams_tenant_object=TENANT_REFERENCE
                )
            )
        ),
    ),
    "integrations.census.custom_destination": Case(
        lambda on: call(id="1", jsonrpc="2.0", method="test_connection", params={}),
        lambda answer, on: answer.id == "1" and answer.result["success"] is True,
    ),
    "integrations.hightouch.embedded_destination": Case(
        lambda on: call(id="2", jsonrpc="2.0", method="test_connection"),
        lambda answer, on: answer.id == "2",
    ),
}
