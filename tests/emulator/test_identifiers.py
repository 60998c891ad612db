from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from knock_harness.emulator.identifiers import Identifiers, is_uuid, named_uuid

AT = datetime(2024, 1, 1, tzinfo=UTC)


def test_the_same_seed_gives_the_same_identifiers() -> None:
    first, second = Identifiers(7), Identifiers(7)

    assert [first.uuid(), first.ksuid(AT), first.request_id()] == [
        second.uuid(),
        second.ksuid(AT),
        second.request_id(),
    ]


def test_a_uuid_says_of_what_kind_it_is() -> None:
    identifier = UUID(Identifiers(1).uuid())

    assert (identifier.version, identifier.variant) == (7, "specified in RFC 4122")


def test_a_later_uuid_is_greater() -> None:
    ids = Identifiers(1)
    made = [ids.uuid() for _ in range(100)]

    assert made == sorted(set(made))


def test_identifiers_of_messages_sort_by_time() -> None:
    ids = Identifiers(1)

    assert ids.ksuid(AT) < ids.ksuid(datetime(2024, 1, 2, tzinfo=UTC))
    assert len(ids.ksuid(AT)) == 27


def test_a_request_id_is_twenty_characters_that_need_no_escaping() -> None:
    assert Identifiers(1).request_id().replace("-", "").replace("_", "").isalnum()
    assert len(Identifiers(1).request_id()) == 20


def test_a_name_always_has_the_same_uuid() -> None:
    assert named_uuid("a") == named_uuid("a") != named_uuid("b")
    assert is_uuid(named_uuid("a"))


def test_a_text_that_is_no_uuid_is_told_apart() -> None:
    assert not is_uuid("nope")
