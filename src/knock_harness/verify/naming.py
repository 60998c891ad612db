"""Which existing things a generated request names.

Generated values are random texts, and a random id names nothing. So wherever a request that is meant to be valid names
something, a symbol is put in the place of the random text: most of the time of something that exists, some of the time
of something that does not. The choice depends on the request alone, and is the same in every run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

from knock_harness import contract
from knock_harness.target import ABSENT

from .drafts import BULK_UPDATE
from .names import ENTITIES, FREE, FUTURE, IN_OPERATION, LISTS, MAKES, NOT_MADE_UP, QUERY, REFERRING, TEXTS
from .plain import plain_request

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .drafts import Draft

__all__ = ["Naming", "named"]

#: One request in so many names something that does not exist.
_UNKNOWN_IN = 8
#: Lists of ids that are longer than this are about their length, and are filled with new ids.
_SHORT = 2
#: Lists that are longer than this are about a limit, also where something is wrong on purpose: their length is.
_LONG = 50

#: The largest page that every list serves.
_LARGEST_PAGE = 50

#: Idempotency keys from this length on are about their length, and are sent as they are.
_LONG_KEY = 200


def named(draft: Draft, *, broken: Collection[str] = (), invalid: Collection[str] = ()) -> Draft:
    """Return the draft with symbols in the place of made-up names.

    Args:
        draft: as it was generated.
        broken: names of parameters and fields that are wrong on purpose, and stay as they are.
        invalid: the locations in which something is wrong on purpose; of a path among them, what is wrong stays as it
            is, and the rest names what is ours.
    """
    naming = Naming(draft, broken=frozenset(broken), invalid=frozenset(invalid))
    number = crc32(repr((draft.operation.id, draft.path, draft.query, draft.body)).encode("utf-8", "replace"))
    path = naming.invalid_path() if "path" in invalid else naming.path(number)
    query = naming.query(draft.query, keep_cursors=number % _UNKNOWN_IN == 1)
    body = draft.body if draft.body is ABSENT else naming.body(draft.body)
    headers = draft.headers if "header" in invalid else naming.headers(draft.headers)
    existing = not invalid and naming.existing
    result = replace(draft, path=path, query=query, headers=headers, body=body, existing=existing)
    return _with_channel(result) if "path" not in invalid else result


class Naming:
    """Puts symbols into one draft.

    Attributes:
        existing: all that is named exists, and what is asked for is possible, as far as is known.
    """

    def __init__(self, draft: Draft, *, broken: frozenset[str], invalid: frozenset[str]) -> None:
        self.existing = True
        self._draft = draft
        self._operation = draft.operation
        self._broken = broken
        self._invalid = invalid

    def path(self, number: int) -> dict[str, Any]:
        """Return the path parameters.

        Args:
            number: decides, by its remainders, whether something unknown is named.
        """
        plain = plain_request(self._operation).path
        schemas = {each.name: each.schema for each in self._operation.parameters if each.location == "path"}
        values = {
            name: self._draft.path[name] if "enum" in schemas.get(name, {}) and name in self._draft.path else value
            for name, value in plain.items()
        }
        self.existing &= values.get("action") != "delete"  # may be refused (BULKMSG-DELETE)
        if self._operation.id in MAKES and number % 2:
            name, symbol = MAKES[self._operation.id]
            values[name] = symbol
        elif self._operation.method == "GET" and number % _UNKNOWN_IN == 2 and values.keys() <= self._draft.path.keys():
            self.existing = False  # any text at all: reading makes nothing that would have to be removed
            return dict(self._draft.path)
        elif number % _UNKNOWN_IN == 0:
            self._name_unknown(values, schemas)
        return values

    def invalid_path(self) -> dict[str, Any]:
        """Return path parameters of which some are wrong on purpose.

        The others name what is ours: should the target let pass what is wrong, nothing of anybody else is touched.
        """
        sent = {name: str(value) for name, value in self._draft.path.items()}
        wrong = {str(each.path[0]) for each in contract.parameter_errors(self._operation, "path", sent) if each.path}
        plain = plain_request(self._operation).path
        return {name: value if name in wrong else plain.get(name, value) for name, value in self._draft.path.items()}

    def query(self, query: Mapping[str, Any], *, keep_cursors: bool) -> dict[str, Any]:
        """Return the query parameters."""
        values: dict[str, Any] = {}
        for name, value in query.items():
            if name in self._broken:
                values[name] = _wrong_list(name, value) if isinstance(value, list) else value
            elif name == "page_size" and _is_large(value):
                values[name] = value
                self.existing = False  # the feed may serve so many, or stop at the common bound (PAGE-SIZE-MAX-FEED)
            elif name in NOT_MADE_UP:
                if keep_cursors:
                    values[name] = value
                    self.existing = False
            elif name in QUERY:
                values[name] = self._list(name, value, QUERY[name]) if isinstance(value, list) else QUERY[name]
            else:
                values[name] = value
        return values

    def headers(self, headers: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return the headers; an idempotency key is a new one, as one that was used brings the first answer back."""
        if any(value and len(value) >= _LONG_KEY for value in headers.values()):
            self.existing = False  # sent once before, it brings the first answer back
        return {
            name: "@new_key" if name.lower() == "idempotency-key" and value and len(value) < _LONG_KEY else value
            for name, value in headers.items()
        }

    def body(self, body: Any, *, under: str = "") -> Any:
        """Return a body, or the part of it under a key."""
        if isinstance(body, list):
            return self._list(under, body, self._symbol(LISTS, under))
        if body is None and not under:
            self.existing = False  # null for a whole body is odd, even where a schema allows it
        if isinstance(body, float) and body.is_integer() and under not in self._broken:
            return int(body)  # an integer to a schema, and to some decoders a float
        if not isinstance(body, dict):
            symbol = self._symbol(TEXTS, under)
            return symbol if isinstance(body, str) and symbol and under not in self._broken else body
        if under == "channel_data":
            return self._channel_data(body)
        if under == "channels":  # of a preference set
            return dict(zip(["@channel.email"], body.values(), strict=False))
        result = {
            key: value if key in FREE or self._stays(key, value) else self.body(value, under=key)
            for key, value in body.items()
        }
        self._name_entity(result, under)
        self._make_schedulable(result, under)
        if self._operation.id == BULK_UPDATE and not under and "recipient_ids" not in self._broken:
            result["recipient_ids"] = ["@other_user"]  # nobody else's messages, whatever else is asked
        return result

    def _stays(self, key: str, value: Any) -> bool:
        """Say whether a value is wrong on purpose; of a list that is too long, its texts are not."""
        return key in self._broken and not (isinstance(value, list) and len(value) > _LONG)

    def _symbol(self, table: Mapping[str, str], key: str) -> str | None:
        return IN_OPERATION.get((self._operation.id, key)) or table.get(key)

    def _list(self, key: str, values: list[Any], symbol: str | None) -> list[Any]:
        if symbol and len(values) > _LONG and "body" in self._invalid:
            # the length is wrong, and should that be let pass, the members are nobody's
            new = _new(symbol)
            return [new if isinstance(each, str) else self.body(each, under=key) for each in values]
        if symbol is None or key in self._broken:
            return [self.body(value, under=key) if isinstance(value, dict) else value for value in values]
        if len(values) > _SHORT:  # about the length, so the members only have to differ
            self.existing &= symbol == "@user"
            return [_new(symbol) if isinstance(value, str) else self.body(value, under=key) for value in values]
        texts = [symbol] if any(isinstance(value, str) for value in values) else []
        if symbol == "@object_reference":
            return [symbol] if values else []
        return texts + [self.body(value, under=key) for value in values if not isinstance(value, str)]

    def _name_entity(self, value: dict[str, Any], under: str) -> None:
        """Name the entity that a map describes, if it is one that describes something."""
        symbol = ENTITIES.get(under)
        if symbol is None or not isinstance(value.get("id"), str) or "id" in self._broken:
            return
        if under in {"recipients", "recipient", "actor"}:
            if isinstance(value.get("collection"), str) and "collection" not in self._broken:
                value["collection"] = "@collection"
                symbol = "@object" if self._operation.id in REFERRING else "@new_object"
            elif self._operation.id in REFERRING:
                self.existing = False  # a reference without collection: whom it means is open
        value["id"] = symbol

    def _make_schedulable(self, value: dict[str, Any], under: str) -> None:
        """Give a new schedule a time: without any it may be refused (SCHED-TIMING-REQUIRED)."""
        new = (self._operation.id, under) in {("createSchedules", ""), ("bulkCreateSchedules", "schedules")}
        if new and value.get("scheduled_at") is None and "scheduled_at" not in self._broken:
            value["scheduled_at"] = FUTURE

    def _channel_data(self, value: dict[str, Any]) -> dict[str, Any]:
        channels: dict[str, Any] = {}
        for data in value.values():
            channel = channel_for(data)
            if channel is None:
                self.existing = False
            channels[channel or "@channel.push-fcm"] = data
        return channels

    def _name_unknown(self, values: dict[str, Any], schemas: Mapping[str, Any]) -> None:
        symbols = [name for name, value in values.items() if isinstance(value, str) and value.startswith("@")]
        if not symbols:
            return
        name = symbols[-1]
        values[name] = "@unknown_uuid" if schemas.get(name, {}).get("format") == "uuid" else "@unknown"
        self.existing = False


def _is_large(page_size: Any) -> bool:
    return str(page_size).isdecimal() and int(page_size) > _LARGEST_PAGE


def channel_for(data: Any) -> str | None:
    """Return a channel that takes channel data of this shape; None: that cannot be told from the data."""
    if not isinstance(data, dict):
        return None
    keys = data.keys()
    if keys == {"tokens"} or (keys == {"devices"} and _all_have("token", data["devices"])):
        return "@channel.push-fcm"
    if keys == {"target_arns"} or (keys == {"devices"} and _all_have("target_arn", data["devices"])):
        return "@channel.push-sns"
    if keys == {"player_ids"}:
        return "@channel.push-one-signal"
    return None


def _all_have(key: str, devices: Any) -> bool:
    """Say whether there are devices, all with this key; data that is wrong on purpose may hold anything there."""
    if not isinstance(devices, list) or not devices:
        return False
    return all(isinstance(each, dict) and key in each for each in devices)


def _wrong_list(name: str, values: list[Any]) -> list[Any]:
    """Return a list of a query that is wrong on purpose, so that it names nothing of anybody's if it is let pass."""
    if name in QUERY and len(values) > _LONG:
        return [_new(QUERY[name])] * len(values)
    # an empty value would count as absent, and what is too long without it could be short enough
    return [each or ("@unknown" if name in QUERY else "0") for each in values]


def _new(symbol: str) -> str:
    """Return a symbol of the same kind that names something new each time, and nothing of anybody's."""
    return {"@user": "@new_user", "@schedule": "@unknown_uuid"}.get(symbol, "@unknown")


def _with_channel(draft: Draft) -> Draft:
    """Let a request that sets channel data name a channel that takes what it sends."""
    if draft.operation.id not in {"setUserChannelData", "setObjectChannelData"} or not draft.existing:
        return draft
    channel = channel_for(draft.body.get("data")) if isinstance(draft.body, dict) else None
    if channel is None:
        return replace(draft, existing=False)
    return replace(draft, path={**draft.path, "channel_id": channel})
