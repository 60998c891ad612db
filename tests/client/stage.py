"""What a call needs to find on the server, made through the client itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from knock_harness import contract
from knock_harness.target.waiting import eventually

if TYPE_CHECKING:
    from knockapi import Knock
    from knockapi.types import BulkOperation, Message, WorkflowRecipientRun

__all__ = ["PATIENCE_S", "TENANT_REFERENCE", "Stage"]

PROJECT = contract.project.load()
#: The tenant that holds credentials, as provider calls refer to it.
TENANT_REFERENCE = json.dumps({"object_id": "acme", "collection": "$tenants"})
#: How long to wait for what the emulator does in its own time; enough for a machine that is busy with other things.
PATIENCE_S = 20.0
TEAMS_TENANT = "3ba2c1f2-0b1c-4ab9-a2ba-d1ac9a1f9f00"


class Stage:
    """An environment of its own, and the means to fill it.

    Attributes:
        knock: the client.
        channel: the ids of the channels by key.
        guide: what the engagement calls say of the welcome guide.
    """

    def __init__(self, knock: Knock) -> None:
        self.knock = knock
        self.channel = {key: each.id for key, each in PROJECT.channels.items()}
        guide = PROJECT.guides["welcome-guide"]
        self.guide: dict[str, Any] = {
            "channel_id": self.channel["in-app-guide"],
            "guide_key": guide.key,
            "guide_id": guide.id,
            "guide_step_ref": guide.steps[0].ref,
        }

    def user(self, user_id: str = "ada", **properties: Any) -> str:
        """Identify a user and return its id."""
        self.knock.users.update(user_id, **{"name": user_id.title(), **properties})
        return user_id

    def object(self, object_id: str = "engine", *, collection: str = "machines", **properties: Any) -> str:
        """Set an object and return its id."""
        self.knock.objects.set(collection, object_id, **{"name": object_id.title(), **properties})
        return object_id

    def tenant(self, tenant_id: str = "acme", **properties: Any) -> str:
        """Set a tenant and return its id."""
        self.knock.tenants.set(tenant_id, **{"name": tenant_id.title(), **properties})
        return tenant_id

    def subscribe(self, recipient: Any, object_id: str) -> None:
        """Subscribe a recipient to an object of the usual collection, set if need be."""
        self.knock.objects.add_subscriptions("machines", self.object(object_id), recipients=[recipient])

    def message(self, recipient: str = "ada", **trigger: Any) -> str:
        """Trigger a workflow with one in-app step, and return the id of the message that comes of it."""
        return self.messages(recipient, **trigger)[0].id

    def messages(self, *recipients: Any, workflow: str = "in-app-message", **trigger: Any) -> list[Message]:
        """Trigger a workflow for recipients, and return its messages, as many as there are recipients."""
        answer = self.knock.workflows.trigger(workflow, recipients=recipients, **trigger)

        def made() -> list[Message]:
            items = self.knock.messages.list(workflow_run_id=answer.workflow_run_id).items
            return items if len(items) >= len(recipients) else []

        return eventually(made, timeout_s=PATIENCE_S, what=f"{len(recipients)} messages of {workflow}")

    def on_channel(self, channel: str, recipient: str = "ada", **trigger: Any) -> str:
        """Trigger the workflow that has a step for every channel; return the id of the message on this one."""
        answer = self.knock.workflows.trigger("all-channels", recipients=[recipient], **trigger)
        listed = self.knock.messages.list
        return eventually(
            lambda: listed(workflow_run_id=answer.workflow_run_id, channel_id=self.channel[channel]).items,
            timeout_s=PATIENCE_S,
            what=f"a message on {channel}",
        )[0].id

    def sent(self, channel: str, recipient: str = "ada") -> str:
        """Return the id of a message on this channel that its provider has taken."""
        message = self.on_channel(channel, recipient)
        eventually(
            lambda: self.knock.messages.get(message).status in {"sent", "delivered"},
            timeout_s=PATIENCE_S,
            what=f"a message on {channel} that is sent",
        )
        return message

    def runs(self, workflow_run_id: str, *, count: int) -> list[WorkflowRecipientRun]:
        """Wait until so many recipients' runs of a trigger are completed, and return them."""

        def completed() -> list[WorkflowRecipientRun]:
            listed = self.knock.workflow_recipient_runs.list(status=["completed"])
            found = [run for run in listed if run.workflow_run_id == workflow_run_id]
            return found if len(found) >= count else []

        return eventually(completed, timeout_s=PATIENCE_S, what=f"{count} completed runs")

    def run(self, recipient: str = "ada", **trigger: Any) -> WorkflowRecipientRun:
        """Trigger a workflow and return the completed run of its recipient."""
        answer = self.knock.workflows.trigger("in-app-message", recipients=[recipient], **trigger)
        return self.runs(answer.workflow_run_id, count=1)[0]

    def recipients(self, workflow: str, status: str, *, count: int) -> list[str]:
        """Wait until so many runs of a workflow have a status, and return whose they are, sorted."""

        def found() -> list[str]:
            runs = self.knock.workflow_recipient_runs.list(workflow=workflow, status=[status])
            ids = sorted(run.recipient for run in runs)
            return ids if len(ids) >= count else []

        return eventually(found, timeout_s=PATIENCE_S, what=f"{count} runs of {workflow} that are {status}")

    def schedule(self, recipient: Any = "ada", **schedule: Any) -> str:
        """Create a daily schedule for a recipient and return its id."""
        created = self.knock.schedules.create(
            recipients=[recipient],
            **{"workflow": "scheduled-message", "repeats": [{"frequency": "daily", "hours": 9}], **schedule},
        )
        return created[0].id

    def done(self, operation: BulkOperation) -> BulkOperation:
        """Wait until a bulk operation ended, and return it as it ended."""

        def ended() -> BulkOperation | None:
            now = self.knock.bulk_operations.get(operation.id)
            return now if now.status in {"completed", "failed"} else None

        return eventually(ended, timeout_s=PATIENCE_S, what=f"the end of {operation.name}")

    def slack_token(self) -> str:
        """Give an object a Slack access token; return the reference to it as provider calls write it."""
        return self._credential("slack", {"connections": [], "token": {"access_token": "xoxb-1"}})

    def teams_tenant(self) -> str:
        """Give an object a Microsoft Teams tenant id; return the reference to it as provider calls write it."""
        return self._credential("ms-teams", {"connections": [], "ms_teams_tenant_id": TEAMS_TENANT})

    def _credential(self, channel: str, data: Any) -> str:
        self.knock.objects.set_channel_data("$tenants", self.tenant(), self.channel[channel], data=data)
        return TENANT_REFERENCE
