"""Removal takes few requests and says what it could not remove."""

from __future__ import annotations

import json

import httpx

from knock_harness.target import Entity, remove

from .conftest import client_of

USERS = [Entity("user", f"kh-{number}") for number in range(8)]


class Answering:
    """A target that remembers what it was asked, and refuses what is listed."""

    def __init__(self, *, refused: tuple[str, ...] = (), end: str = "completed") -> None:
        self.refused = refused
        self.end = end
        self.asked: list[tuple[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        self.asked.append((request.method, path))
        if any(word in path or word in request.content.decode() for word in self.refused):
            return httpx.Response(422, json={})
        if "bulk_operations" in path:
            return httpx.Response(200, json={"id": "b", "status": self.end})
        return httpx.Response(200, json={"id": "b", "status": "queued"} if "bulk" in path else {})


def test_a_few_are_removed_one_by_one() -> None:
    target = Answering()

    removal = remove(client_of(target), USERS[:2])

    assert target.asked == [("DELETE", "/v1/users/kh-0"), ("DELETE", "/v1/users/kh-1")]
    assert (removal.removed, removal.left) == (tuple(USERS[:2]), ())


def test_many_are_removed_at_once_and_waited_for() -> None:
    target = Answering()

    removal = remove(client_of(target), USERS)

    assert target.asked == [("POST", "/v1/users/bulk/delete"), ("GET", "/v1/bulk_operations/b")]
    assert removal.removed == tuple(USERS)


def test_one_that_cannot_be_removed_does_not_keep_the_others() -> None:
    target = Answering(refused=("kh-3",))

    removal = remove(client_of(target), USERS)

    assert removal.left == ((USERS[3], "answered 422"),)
    assert len(removal.removed) == 7


def test_what_a_bulk_operation_failed_at_is_tried_one_by_one() -> None:
    target = Answering(end="failed")

    assert remove(client_of(target), USERS).removed == tuple(USERS)


def test_what_is_gone_already_counts_as_removed() -> None:
    client = client_of(lambda _request: httpx.Response(404, json={}))

    assert remove(client, USERS[:1]).removed == (USERS[0],)


def test_what_hangs_on_something_goes_before_it() -> None:
    target = Answering()
    entities = [
        Entity("user", "u"),
        Entity("tenant", "t"),
        Entity("object", "o", "c"),
        Entity("audience_member", "u", "a"),
        Entity("schedule", "s"),
    ]

    remove(client_of(target), entities)

    assert target.asked == [
        ("DELETE", "/v1/schedules"),
        ("DELETE", "/v1/audiences/a/members"),
        ("DELETE", "/v1/objects/c/o"),
        ("DELETE", "/v1/tenants/t"),
        ("DELETE", "/v1/users/u"),
    ]


def test_ids_are_escaped() -> None:
    target = Answering()

    remove(client_of(target), [Entity("user", "a/b?c"), Entity("user", "..")])

    assert [path for _method, path in target.asked] == ["/v1/users/a%2Fb%3Fc", "/v1/users/%2E%2E"]


def test_objects_are_removed_collection_by_collection() -> None:
    bodies = []

    def keep(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            bodies.append((request.url.path, json.loads(request.content)["object_ids"]))
        return httpx.Response(200, json={"id": "b", "status": "completed"})

    objects = [Entity("object", f"o{number}", f"c{number % 2}") for number in range(10)]

    remove(client_of(keep), objects)

    assert bodies == [
        ("/v1/objects/c0/bulk/delete", ["o0", "o2", "o4", "o6", "o8"]),
        ("/v1/objects/c1/bulk/delete", ["o1", "o3", "o5", "o7", "o9"]),
    ]


def test_nothing_is_sent_for_what_cannot_be_removed_by_itself() -> None:
    target = Answering()

    removal = remove(client_of(target), [Entity("preference_set", "default", "u")])

    assert (target.asked, removal.removed, removal.left) == ([], (), ())
