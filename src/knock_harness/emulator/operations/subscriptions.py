"""Subscriptions of recipients to objects: add, delete, list in both directions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator import bulk, preferences, recipients, subscriptions
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.paging import Page, PageRequest, Row
from knock_harness.emulator.references import Ref, parse_reference, ref_of_path
from knock_harness.emulator.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.store.subscriptions import Subscription

__all__ = ["HANDLERS"]

#: Objects done in one step of a bulk operation; each may bring a hundred recipients.
OBJECTS_A_STEP: Final = 5


def list_subscriptions_for_object(call: Call) -> Reply:
    """List who follows the object or, with mode recipient, what it follows itself (SUB-MODE-DEFAULT-OBJECT)."""
    object_, request, store = _object(call), PageRequest.of(call.query), call.store.subscriptions
    if call.query.get("mode") == "recipient":
        return _answer(call, store.page_of_recipient(object_, request, objects=_named(call, "objects")))
    return _answer(call, store.page_of_object(object_, request, recipients=_named(call, "recipients")))


def list_subscriptions_for_user(call: Call) -> Reply:
    """List what a user follows (SUB-LIST-SYMMETRY)."""
    request, objects = PageRequest.of(call.query), _named(call, "objects")
    return _answer(call, call.store.subscriptions.page_of_recipient(ref_of_path(call.path), request, objects=objects))


def add_subscriptions_for_object(call: Call) -> Reply:
    """Let recipients follow the object, which has to exist (SUB-ADD-RETURNS, SUB-ADD-OBJECT-REQUIRED)."""
    object_, body = _object(call), call.body
    added = subscriptions.subscribe(call.environment, object_, body["recipients"], body.get("properties"), at=call.now)
    shown = _records(call)
    return Reply(200, [_rendered(each, shown) for each in added])


def delete_subscriptions_for_object(call: Call) -> Reply:
    """Let recipients no longer follow the object (SUB-DELETE, SUB-DELETE-ABSENT)."""
    removed = subscriptions.unsubscribe(call.environment, _object(call), call.body["recipients"])
    shown = _records(call)
    return Reply(200, [_rendered(each, shown) for each in removed])


def bulk_add_subscriptions(call: Call) -> Reply:
    """Add subscriptions to several objects of the collection (SUB-BULK-ADD)."""
    collection = call.path["collection"]
    rows = [
        {"collection": collection, "properties": each.get("properties"), **_identified(each)}
        for each in call.body["subscriptions"]
    ]
    name = f"objects.{collection}.upsert_subscriptions"
    return Reply(200, _start(call, name, rows, kind="objects.upsert_subscriptions"))


def bulk_delete_subscriptions(call: Call) -> Reply:
    """Delete subscriptions to several objects of the collection (SUB-BULK-DELETE-SKIPS)."""
    collection = call.path["collection"]
    rows = [{"collection": collection, **_identified(each)} for each in call.body["subscriptions"]]
    name = f"objects.{collection}.delete_subscriptions"
    return Reply(200, _start(call, name, rows, kind="objects.delete_subscriptions"))


def _identified(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": entry["id"], "recipients": entry["recipients"]}


def _start(call: Call, name: str, rows: list[Any], *, kind: str) -> dict[str, Any]:
    return bulk.start(
        call.environment,
        name,
        rows,
        kind=kind,
        at=call.now,
        base_url=call.request.base_url,
        rows_a_step=OBJECTS_A_STEP,
    )


def _object(call: Call) -> Ref:
    ref = ref_of_path(call.path)
    if not call.store.recipients.exists(*ref):
        raise NotFound("This object")  # SUB-OBJECT-MUST-EXIST
    return ref


def _named(call: Call, parameter: str) -> list[Ref] | None:
    """Return those to whom a filter narrows the list; None: there is no filter."""
    values = call.query.get(parameter)
    return [parse_reference(each) for each in values] if values else None


def _answer(call: Call, page: Page) -> Reply:
    with_preferences = "preferences" in call.query.get("include", ())
    shown, record = _records(call), call.store.subscriptions.record

    def entry(row: Row) -> dict[str, Any]:
        subscription = record(row)
        rendered = _rendered(subscription, shown)
        if with_preferences:
            stored = preferences.stored(call.environment, subscription.recipient)
            rendered["recipient"] = {**rendered["recipient"], "preferences": stored}
        return rendered

    return Reply(200, page.answer("entries", entry))


def _rendered(subscription: Subscription, shown: Callable[[Ref], dict[str, Any]]) -> dict[str, Any]:
    """Return a subscription with both records as they are now (SUB-SHAPE, SUB-RECIPIENT-RECORD-LIVE)."""
    return {
        "__typename": "Subscription",
        "recipient": shown(subscription.recipient),
        "object": shown(subscription.object),
        "properties": subscription.properties,
        "inserted_at": subscription.inserted_at,
        "updated_at": subscription.updated_at,
    }


def _records(call: Call) -> Callable[[Ref], dict[str, Any]]:
    """Return what shows a recipient; each is read once, however many subscriptions of the answer name it."""

    @cache
    def shown(ref: Ref) -> dict[str, Any]:
        record = call.store.recipients.get(*ref)
        if record is None:
            raise LookupError(f"a subscription names {ref}, which does not exist")
        return recipients.render(record)

    return shown


HANDLERS: Final[Mapping[str, Handler]] = {
    "listSubscriptionsForObject": list_subscriptions_for_object,
    "listSubscriptionsForUser": list_subscriptions_for_user,
    "addSubscriptionsForObject": add_subscriptions_for_object,
    "deleteSubscriptionsForObject": delete_subscriptions_for_object,
    "bulkAddSubscriptions": bulk_add_subscriptions,
    "bulkDeleteSubscriptions": bulk_delete_subscriptions,
}
