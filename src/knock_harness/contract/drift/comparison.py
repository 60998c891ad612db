"""The contract held against another document: operations, parameters, bodies, answers, tiers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from knock_harness.contract.document import operations as each_operation
from knock_harness.errors import InvalidDocument

from .difference import Breaks, Difference, Direction, Side, broken_by
from .meaning import resolve
from .schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["compare"]

_PARAMETER: Final = re.compile(r"\{[^}]*\}")
#: What is said about an operation in extension fields: our name for it, and the published one.
_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "tier": ("x-rate-limit-tier", "x-ratelimit-tier"),
    "retention": ("x-retention", "x-retention-policy"),
    "idempotency": ("x-idempotent", "x-idempotent"),
}


def compare(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[Difference]:
    """Return where another document says something else than the contract, each difference once, in order.

    Args:
        here: the contract's document.
        there: the other one, in OpenAPI 3.0 or 3.1.

    Raises:
        InvalidDocument: the other one is not shaped as OpenAPI is, or has a reference that cannot be followed.
    """
    try:
        return list(dict.fromkeys(_Comparison(here, there).differences()))
    except RecursionError:
        raise InvalidDocument("a schema refers to itself without an end") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The document comes from outside; where its shape is wrong, the reader of any key may be the one to notice.
        raise InvalidDocument(f"something in it is not what OpenAPI has there: {error!r}") from error


class _Comparison:
    """Two documents, and the schemas of theirs that were compared already."""

    def __init__(self, here: Mapping[str, Any], there: Mapping[str, Any]) -> None:
        self.here = here
        self.there = there
        self.schemas = Schemas(here, there)

    def differences(self) -> Iterator[Difference]:
        ours, theirs = _by_meaning(self.here), _by_meaning(self.there)
        told = _told(theirs.values())
        for name in sorted(_told(ours.values()) - told):
            yield Difference("the document", name, f"the {name} of operations is told here only", "neither")
        for key, (method, path, spec) in ours.items():
            where = f"{method.upper()} {path}"
            if key not in theirs:
                yield Difference(where, "operation", "this operation is here only", "servers")
                continue
            _, their_path, their_spec = theirs[key]
            yield from _facts(where, spec, their_spec, told)
            yield from self._parameters(where, (path, spec), (their_path, their_spec))
            yield from self._body(f"{where} body", spec, their_spec)
            yield from self._answers(where, spec, their_spec)
        for key, (method, path, _) in theirs.items():
            if key not in ours:
                yield Difference(f"{method.upper()} {path}", "operation", "this operation is there only", "clients")

    def _parameters(
        self, where: str, here: tuple[str, dict[str, Any]], there: tuple[str, dict[str, Any]]
    ) -> Iterator[Difference]:
        ours, theirs = _parameters_of(self.here, *here), _parameters_of(self.there, *there)
        for location, name in sorted(ours.keys() | theirs.keys()):
            mine, other = ours.get((location, name)), theirs.get((location, name))
            place = f"{where} {location} {(mine or other or {})['name']}"
            if mine and other:
                yield from self._parameter(place, mine, other)
            elif mine:
                yield Difference(
                    place, "parameter", "declared here only", "neither" if location == "path" else "servers"
                )
            else:
                yield Difference(place, "parameter", "declared there only", "clients")

    def _parameter(self, place: str, here: dict[str, Any], there: dict[str, Any]) -> Iterator[Difference]:
        yield from _required(place, here, there)
        ours, theirs = _encoding(here), _encoding(there)
        if ours != theirs:
            yield Difference(place, "encoding", f"written as {ours} here, as {theirs} there", "neither")
        if (ours == "JSON") == (theirs == "JSON"):
            yield from self.schemas.compare(_schema(here), _schema(there), side="request", where=place)

    def _body(self, place: str, here: dict[str, Any], there: dict[str, Any]) -> Iterator[Difference]:
        ours, theirs = resolve(self.here, here.get("requestBody")), resolve(self.there, there.get("requestBody"))
        if ours and theirs:
            yield from _required(place, ours, theirs)
            yield from self._content(place, ours, theirs, side="request")
        elif ours:
            yield Difference(place, "body", "taken here only", broken_by("request", "wider"))
        elif theirs:
            yield Difference(place, "body", "taken there only", broken_by("request", "narrower"))

    def _answers(self, where: str, here: dict[str, Any], there: dict[str, Any]) -> Iterator[Difference]:
        ours, theirs = _answers_of(self.here, here), _answers_of(self.there, there)
        for status in sorted(ours.keys() | theirs.keys()):
            place = f"{where} answer {status}"
            if status not in theirs:
                yield Difference(place, "status", "declared here only", broken_by("answer", "wider"))
            elif status not in ours:
                yield Difference(place, "status", "declared there only", broken_by("answer", "narrower"))
            else:
                yield from self._headers(place, ours[status], theirs[status])
                yield from self._content(place, ours[status], theirs[status], side="answer")

    def _headers(self, place: str, here: dict[str, Any], there: dict[str, Any]) -> Iterator[Difference]:
        ours = {name.lower(): resolve(self.here, each) for name, each in here.get("headers", {}).items()}
        theirs = {name.lower() for name in there.get("headers", {})}
        for name in sorted(ours.keys() - theirs):
            breaks: Breaks = "servers" if ours[name].get("required", False) else "neither"
            yield Difference(f"{place} header {name}", "header", "declared here only", breaks)
        for name in sorted(theirs - ours.keys()):
            yield Difference(f"{place} header {name}", "header", "declared there only", "neither")

    def _content(self, place: str, here: dict[str, Any], there: dict[str, Any], *, side: Side) -> Iterator[Difference]:
        ours, theirs = _json_schema(here), _json_schema(there)
        if ours is not None and theirs is not None:
            yield from self.schemas.compare(ours, theirs, side=side, where=place)
        elif ours is not None:
            yield Difference(place, "content", "JSON here only", broken_by(side, "wider"))
        elif theirs is not None:
            yield Difference(place, "content", "JSON there only", broken_by(side, "narrower"))


def _by_meaning(document: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, str, dict[str, Any]]]:
    """Every operation by its method and its path without the names of the parameters."""
    found = each_operation(dict(document))
    return {(method, _PARAMETER.sub("{}", path)): (method, path, spec) for path, method, spec in found}


def _facts(where: str, here: dict[str, Any], there: dict[str, Any], told: set[str]) -> Iterator[Difference]:
    """Compare what is said about an operation as a whole; marks that the other document never has are not compared."""
    theirs = there.get("operationId")
    if theirs not in (here["operationId"], here.get("x-published-operation-id")):
        yield Difference(where, "operation-id", f"{here['operationId']} here, {theirs} there", "neither")
    if here.get("deprecated", False) != there.get("deprecated", False):
        side = "here" if here.get("deprecated", False) else "there"
        yield Difference(where, "deprecated", f"deprecated {side} only", "neither")
    for name in sorted(told):
        mine, other = _mark_of(here, _MARKS[name]), _mark_of(there, _MARKS[name])
        if mine != other:
            yield Difference(
                where, name, f"{mine or 'none'} here, {other or 'none'} there", _broken_by_mark(mine, other)
            )


def _told(operations: Iterable[tuple[str, str, dict[str, Any]]]) -> set[str]:
    return {name for _, _, spec in operations for name, keys in _MARKS.items() if _mark_of(spec, keys)}


def _mark_of(spec: dict[str, Any], keys: tuple[str, str]) -> Any:
    return next((spec[key] for key in keys if spec.get(key)), None)


def _broken_by_mark(mine: Any, other: Any) -> Breaks:
    """A lower tier here lets clients send less than they may there; a higher one asks more of servers."""
    if type(mine) is not int or type(other) is not int:
        return "neither"
    return "clients" if mine < other else "servers"


def _parameters_of(
    document: Mapping[str, Any], path: str, operation: dict[str, Any]
) -> dict[tuple[str, str], dict[str, Any]]:
    """The parameters by location and name; those of the path by their position, as only that is seen on the wire."""
    positions = {name[1:-1]: str(position) for position, name in enumerate(_PARAMETER.findall(path))}
    shared = document["paths"][path].get("parameters", ())
    found = {}
    for each in (*shared, *operation.get("parameters", ())):
        parameter = resolve(document, each)
        location, name = parameter["in"], parameter["name"].removesuffix("[]")
        if location == "path":
            name = positions.get(name, name)
        if location == "header":
            name = name.lower()
        found[location, name] = parameter
    return found


def _required(place: str, here: dict[str, Any], there: dict[str, Any]) -> Iterator[Difference]:
    mine, other = here.get("required", False), there.get("required", False)
    if mine != other:
        direction: Direction = "narrower" if mine else "wider"
        side = "here" if mine else "there"
        yield Difference(place, "required", f"required {side} only", broken_by("request", direction))


def _encoding(parameter: dict[str, Any]) -> str:
    if "content" in parameter:
        return "JSON"
    return "deepObject" if parameter.get("style") == "deepObject" else "text"


def _schema(parameter: dict[str, Any]) -> Any:
    content = parameter.get("content")
    return _json_schema(parameter) if content else parameter.get("schema", True)


def _json_schema(holder: dict[str, Any]) -> Any:
    for media_type, media in holder.get("content", {}).items():
        if media_type.partition(";")[0].strip().endswith("json"):
            return media.get("schema", True)
    return None


def _answers_of(document: Mapping[str, Any], operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {str(status): resolve(document, answer) for status, answer in operation.get("responses", {}).items()}
