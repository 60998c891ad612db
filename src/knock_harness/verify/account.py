"""What a run has exercised of each operation, and what it has not.

Every exchange is looked at, whoever sent it: which statuses came, which parameters, fields and enumerated values were
sent, which constraints were kept by a request that succeeded, and which were broken by one that was judged. What the
contract has besides is a hole in the run. An operation that never answered 2xx is the most serious one: nothing that
was seen of it says how it works.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from .account_tree import breakable, tree_of
from .answers import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from knock_harness.contract import Contract, Operation
    from knock_harness.target import Exchange

    from .account_tree import Node

__all__ = ["Account", "OperationAccount"]

#: Answers to these do not depend on what was sent.
_NOT_LOOKED_AT = frozenset({401, 403, 429})
#: Names that a hole tells before it says how many there are besides.
_TOLD = 12


class OperationAccount(msgspec.Struct, frozen=True):
    """The account of one operation.

    Attributes:
        requests: how many were sent.
        statuses: how many answers of each HTTP status.
        holes: what was never exercised, the most serious first; a sentence each.
        exercised: `parameters`, `fields` and `values` that were sent, constraints `kept` and `broken`, and
            whether anything in a request is `breakable` at all.
    """

    requests: int
    statuses: dict[str, int]
    holes: tuple[str, ...] = ()
    exercised: dict[str, Any] = {}


class Account:
    """The account of a run; it grows with each exchange, and those of several processes can be merged."""

    def __init__(self, contract: Contract) -> None:
        """Start an empty account of all operations of the contract."""
        self._ledgers = {operation.id: _Ledger(operation) for operation in contract.operations.values()}

    def observe(self, exchange: Exchange) -> None:
        """Add an exchange; what is no operation of the contract is passed over."""
        ledger = self._ledgers.get(exchange.operation or "")
        if ledger is not None:
            ledger.add(exchange)

    def dump(self) -> dict[str, Any]:
        """Return the account as JSON can hold it."""
        return {id_: ledger.dump() for id_, ledger in self._ledgers.items() if ledger.requests}

    @classmethod
    def merged(cls, dumps: Iterable[Mapping[str, Any]], contract: Contract) -> Account:
        """Return one account of what several processes have dumped."""
        account = cls(contract)
        for dump in dumps:
            for id_, part in dump.items():
                account._ledgers[id_].merge(part)
        return account

    def operations(self) -> Mapping[str, OperationAccount]:
        """Return the account of every operation, also of those that were never asked, in the order of the document."""
        return {id_: ledger.account() for id_, ledger in self._ledgers.items()}


class _Ledger:
    """What was done with one operation.

    Attributes:
        requests: how many were sent.
    """

    def __init__(self, operation: Operation) -> None:
        self.requests = 0
        self._operation = operation
        self._statuses: Counter[str] = Counter()
        self._roots = tree_of(operation)
        self._path_tells = "path" in self._roots and any(node.constraints for node in self._roots["path"].each())
        self._known: set[int] = set()

    def add(self, exchange: Exchange) -> None:
        self.requests += 1
        self._statuses[str(exchange.status)] += 1
        if exchange.status in _NOT_LOOKED_AT or not self._roots:
            return
        # what differs in nothing but the ids of its path would be walked again for nothing
        path, _, query = exchange.url.partition("?")
        likeness = hash((query, exchange.request_body, exchange.status // 100, path if self._path_tells else ""))
        if likeness in self._known:
            return
        self._known.add(likeness)
        answer = Answer.of(exchange)
        if answer is not None:
            self._note(answer)

    def _note(self, answer: Answer) -> None:
        flaws = answer.flaws
        kept = answer.accepted and not flaws
        for location, value in self._sent(answer):
            self._roots[location].mark(value, kept=kept)
        for flaw in flaws:
            root = self._roots.get(flaw.location)
            node = root.find(flaw.field.split(".") if flaw.field else []) if root else None
            if node is not None:
                node.broken.add(flaw.keyword)

    def _sent(self, answer: Answer) -> Iterator[tuple[str, Any]]:
        for location in self._roots:
            if location == "path":
                yield location, answer.path
            elif location == "query" and answer.query:
                yield location, answer.query
            elif location == "header":
                sent = answer.sent_headers
                names = self._roots[location].fields
                yield location, {name: sent[name.lower()] for name in names if name.lower() in sent}
            elif location == "body" and answer.exchange.request_body:
                yield location, answer.body

    def dump(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "statuses": dict(self._statuses),
            "sent": {location: [node.name for node in root.each() if node.sent] for location, root in self._each()},
            "kept": {location: [node.name for node in root.each() if node.kept] for location, root in self._each()},
            "values": {
                location: {node.name: sent for node in root.each() if (sent := _sent_values(node))}
                for location, root in self._each()
            },
            "broken": {
                location: {node.name: sorted(node.broken) for node in root.each() if node.broken}
                for location, root in self._each()
            },
        }

    def merge(self, part: Mapping[str, Any]) -> None:
        self.requests += part["requests"]
        self._statuses.update(part["statuses"])
        for location, root in self._each():
            nodes = {node.name: node for node in root.each()}
            for name in part["sent"].get(location, ()):
                nodes[name].sent = True
            for name in part["kept"].get(location, ()):
                nodes[name].kept = True
            for name, values in part["values"].get(location, {}).items():
                nodes[name].values |= dict.fromkeys(values, True)
            for name, keywords in part["broken"].get(location, {}).items():
                nodes[name].broken |= set(keywords)

    def account(self) -> OperationAccount:
        dumped = self.dump()
        exercised = {
            "parameters": {location: names for location, names in dumped["sent"].items() if location != "body"},
            "fields": dumped["sent"].get("body", []),
            "values": dumped["values"],
            "kept": [_label(*each) for each in self._constraints() if each[1].kept],
            "broken": [_label(*each) for each in self._constraints() if each[2] in each[1].broken],
            "breakable": breakable(self._operation),
        }
        return OperationAccount(self.requests, dict(self._statuses), tuple(self._holes()), exercised)

    def _holes(self) -> Iterator[str]:
        if not self.requests:
            yield "never asked"
            return
        if not any(status.startswith("2") for status in self._statuses):
            yield "never answered 2xx"
        for location, root in self._each():
            names = [node.name for node in root.each() if node.name and not node.sent and not node.name.endswith("*")]
            what = "body fields" if location == "body" else f"{location} parameters"
            yield from _told(f"{what} never sent", names)
            values = [f"{node.name}={value}" for node in root.each() for value, sent in node.values.items() if not sent]
            yield from _told(f"{location} values never sent", values)
        yield from _told(
            "never kept in a request that succeeded", [_label(*e) for e in self._constraints() if not e[1].kept]
        )
        yield from _told("never broken", [_label(*e) for e in self._constraints() if e[2] not in e[1].broken])

    def _each(self) -> Iterator[tuple[str, Node]]:
        yield from self._roots.items()

    def _constraints(self) -> Iterator[tuple[str, Node, str]]:
        for location, root in self._each():
            for node in root.each():
                for keyword in sorted(node.constraints):
                    yield location, node, keyword


def _sent_values(node: Node) -> list[Any]:
    return [value for value, sent in node.values.items() if sent]


def _label(location: str, node: Node, keyword: str) -> str:
    return f"{location} {node.name}: {keyword}" if node.name else f"{location}: {keyword}"


def _told(what: str, names: list[str]) -> Iterator[str]:
    if names:
        more = len(names) - _TOLD
        yield f"{what}: {', '.join(names[:_TOLD])}" + (f" and {more} more" if more > 0 else "")
