"""Every paged listing of the API, each with a way to make records in it: what the tests of paging go through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from knock_harness import contract
from knock_harness.emulator.references import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from knock_harness.emulator import VirtualClock
    from knock_harness.emulator.environment import Environment

__all__ = ["FILLERS", "Page", "Shelf", "Workshop", "ids"]

Page = dict[str, Any]
#: What tells the records of a listing apart where it is not the `id`.
_NAMES = {
    "listAudienceMembers": lambda record: record["user_id"],
    "listSubscriptionsForUser": lambda record: record["object"]["id"],
    "listSubscriptionsForObject": lambda record: record["recipient"]["id"],
}


def ids(operation: str, page: Page) -> list[str]:
    """Return what tells the records of a page apart."""
    name = _NAMES.get(operation, lambda record: record["id"])
    return [name(record) for record in page[contract.load().operations[operation].page or ""]]


@dataclass
class Workshop:
    """What records are made with."""

    api: httpx.Client
    clock: VirtualClock
    environment: Environment
    send: Callable[..., str]
    work: Callable[[], None]
    step: timedelta = timedelta(0)

    def pass_time(self) -> None:
        """Let the time between two records pass; by default none."""
        self.clock.move_to(self.clock.now() + self.step)


@dataclass
class Shelf:
    """A listing with records in it.

    Attributes:
        operation: its operationId.
        path: where it is read.
        made: what tells its records apart, in the order in which they were made.
        params: what it needs beside the page.
    """

    operation: str
    path: str
    made: list[str]
    api: httpx.Client
    params: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, **params: Any) -> httpx.Response:
        """Ask for a page, whatever comes of it."""
        return self.api.get(self.path, params={**self.params, **params})

    def page(self, **params: Any) -> Page:
        """Return a page."""
        found: Page = self.ask(**params).raise_for_status().json()
        return found

    def pages(self, **params: Any) -> Iterator[Page]:
        """Follow `after` to the end, as the official clients do: the first request again, with the cursor."""
        page = self.page(**params)
        yield page
        while page["page_info"]["after"] is not None:
            page = self.page(**{**params, "after": page["page_info"]["after"]})
            yield page

    def ids(self, page: Page) -> list[str]:
        """Return what tells the records of a page apart."""
        return ids(self.operation, page)


def users(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Identify users."""
    return "/v1/users", [_put(shop, f"/v1/users/u{number}") for number in range(count)]


def objects(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Set objects of one collection."""
    return "/v1/objects/houses", [_put(shop, f"/v1/objects/houses/h{number}") for number in range(count)]


def tenants(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Set tenants."""
    return "/v1/tenants", [_put(shop, f"/v1/tenants/t{number}") for number in range(count)]


def schedules(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Schedule a workflow, each time for another user."""
    made = [_schedule(shop, f"u{number}") for number in range(count)]
    return "/v1/schedules?workflow=scheduled-message", made


def schedules_of_user(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Schedule a workflow for one user."""
    return "/v1/users/ada/schedules", [_schedule(shop, "ada") for _ in range(count)]


def schedules_of_object(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Schedule a workflow for one object."""
    _put(shop, "/v1/objects/houses/h")
    made = [_schedule(shop, {"id": "h", "collection": "houses"}) for _ in range(count)]
    return "/v1/objects/houses/h/schedules", made


def subscriptions_of_user(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Subscribe a user to objects."""
    made = [_put(shop, f"/v1/objects/houses/h{number}") for number in range(count)]
    for name in made:
        _subscribe(shop, name, "ada")
    return "/v1/users/ada/subscriptions", made


def subscriptions_of_object(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Subscribe users to an object."""
    _put(shop, "/v1/objects/houses/h")
    made = [f"u{number}" for number in range(count)]
    for name in made:
        _subscribe(shop, "h", name)
    return "/v1/objects/houses/h/subscriptions", made


def members(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Add members to an audience."""
    path, made = "/v1/audiences/beta/members", [f"u{number}" for number in range(count)]
    body = {"members": [{"user": {"id": name}} for name in made]}
    shop.api.post(f"{path}?create_audience=true", json=body).raise_for_status()
    return path, made


def messages(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Send messages to one user."""
    return "/v1/messages", [_send(shop, "ada") for _ in range(count)]


def messages_of_user(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Send messages to one user, and one to another."""
    _send(shop, "bea")
    return "/v1/users/ada/messages", [_send(shop, "ada") for _ in range(count)]


def messages_of_object(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Send messages to one object, and one to a user."""
    _put(shop, "/v1/objects/houses/h")
    _send(shop, "ada")
    return "/v1/objects/houses/h/messages", [_send(shop, Ref("houses", "h")) for _ in range(count)]


def feed_items(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Send messages to the feed of a user."""
    return f"/v1/users/ada/feeds/{shop.environment.project.channels['in-app-feed'].id}", messages(shop, count)[1]


def events(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Let something happen to a message again and again; the first that happens is that it is made."""
    message = _send(shop, "ada")
    for _ in range(count - 1):
        shop.api.put(f"/v1/messages/{message}/read").raise_for_status()
        shop.pass_time()
    return f"/v1/messages/{message}/events", []


def activities(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Send a message that tells of many triggers."""
    return f"/v1/messages/{shop.send(actors=[None] * count)}/activities", []


def delivery_logs(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Note that a message was handed over again and again."""
    message = shop.send(channel="sms")
    log = {"request": {"method": "POST", "path": "/", "host": "sms.test", "query": "", "headers": {}, "body": {}}}
    log |= {"response": {"status": 500, "headers": {}, "body": {}}, "service_name": "twilio"}
    messages = shop.environment.store.messages
    stored = messages.find(message)
    assert stored is not None
    with shop.environment.store.transaction():
        for number in range(count):
            messages.add_delivery_log(stored.seq, log, at=f"2026-03-01T12:00:{number:02}.000000Z")
    return f"/v1/messages/{message}/delivery_logs", []


def recipient_runs(shop: Workshop, count: int) -> tuple[str, list[str]]:
    """Trigger a workflow for many recipients."""
    for number in range(count):
        body = {"recipients": [f"u{number}"]}
        shop.api.post("/v1/workflows/in-app-message/trigger", json=body).raise_for_status()
        shop.work()
        shop.pass_time()
    return "/v1/workflow_recipient_runs", []


#: What fills each paged listing of the contract with so many records, and returns its path and what was made, in its
#: order; without the latter where records get ids that the maker does not see.
FILLERS: Mapping[str, Callable[[Workshop, int], tuple[str, list[str]]]] = {
    "listUsers": users,
    "listObjects": objects,
    "listTenants": tenants,
    "listSchedules": schedules,
    "listUserSchedules": schedules_of_user,
    "listObjectSchedules": schedules_of_object,
    "listSubscriptionsForUser": subscriptions_of_user,
    "listSubscriptionsForObject": subscriptions_of_object,
    "listAudienceMembers": members,
    "listMessages": messages,
    "listMessagesForUser": messages_of_user,
    "listMessagesForObject": messages_of_object,
    "listUserInAppFeedItems": feed_items,
    "listMessageEvents": events,
    "listMessageActivities": activities,
    "listMessageDeliveryLogs": delivery_logs,
    "listWorkflowRecipientRuns": recipient_runs,
}


def _put(shop: Workshop, path: str) -> str:
    shop.api.put(path, json={}).raise_for_status()
    shop.pass_time()
    return path.rpartition("/")[2]


def _send(shop: Workshop, recipient: Ref | str) -> str:
    message = shop.send(recipient)
    shop.pass_time()
    return message


def _schedule(shop: Workshop, recipient: Any) -> str:
    body = {
        "workflow": "scheduled-message",
        "recipients": [recipient],
        "repeats": [{"frequency": "daily", "hours": 9}],
    }
    made: str = shop.api.post("/v1/schedules", json=body).raise_for_status().json()[0]["id"]
    shop.pass_time()
    return made


def _subscribe(shop: Workshop, name: str, recipient: str) -> None:
    shop.api.post(f"/v1/objects/houses/{name}/subscriptions", json={"recipients": [recipient]}).raise_for_status()
    shop.pass_time()
