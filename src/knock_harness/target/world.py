"""The test data of a run: made when it is asked for, renewed when it was used up, removed at the end.

Requests are generated before any world exists, so they name symbols such as `@user`. The world puts a real value in
just before a request is sent. See `symbols` for what there is.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from knock_harness.errors import NotMade

from .client import ABSENT
from .effects import MADE, REMOVED, read_accepted
from .ledger import Entity
from .removal import remove
from .symbols import SYMBOLS, find_symbol
from .waiting import Overdue, eventually

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

    from .client import Client
    from .definition import Target
    from .exchange import Exchange
    from .ledger import Ledger
    from .removal import Removal

__all__ = ["World"]

#: After so many failures in a row a symbol is given up: waiting for each anew would take hours.
_TRIES = 3

#: How long what the API does in its own time may take.
PATIENCE_S = 10.0


class World:
    """What a run has on its target, all of it below one prefix.

    Attributes:
        client: what the world sends with; it also watches what others send with it.
        target: whom it sends to.
        prefix: how every id begins that is made here.
        ledger: where all that was made is written down.
    """

    def __init__(self, client: Client, *, prefix: str, ledger: Ledger) -> None:
        """Make nothing yet."""
        self.client = client
        self.target: Target = client.target
        self.prefix = prefix
        self.ledger = ledger
        self._numbers = count(1)
        self._values: dict[str, Any] = {}
        self._holds: dict[Entity, set[str]] = {}
        self._needed_by: dict[str, set[str]] = {}
        self._failures: dict[str, list[NotMade]] = {}
        self._making: list[str] = []
        client.subscribe(self._observe)

    # Symbols

    def value(self, symbol: str) -> Any:
        """Return the real value of a symbol, making what it names if need be.

        Raises:
            NotMade: the target did not let it be made.
            KeyError: there is no such symbol.
        """
        value = self._values.get(symbol)
        if value is None:
            value = self._make(symbol)
        if self._making:
            self._needed_by.setdefault(symbol, set()).add(self._making[-1])
        return value

    def resolve_symbols(self, value: Any) -> Any:
        """Return a value like JSON with every string that is a symbol replaced, keys of objects included."""
        if isinstance(value, str):
            return self.value(value) if value[:1] == "@" and find_symbol(value) else value
        if isinstance(value, dict):
            return {self.resolve_symbols(key): self.resolve_symbols(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve_symbols(inner) for inner in value]
        return value

    def resolve_path(self, path: str) -> str:
        """Return a percent-encoded path with every segment that is a symbol replaced."""
        if "@" not in path and "%40" not in path:
            return path
        return "/".join(self._segment(segment) for segment in path.split("/"))

    def resolve_query(self, query: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return query pairs with every value that is a symbol replaced."""
        return [(name, self.resolve_symbols(value)) for name, value in query]

    def consume(self, symbol: str) -> None:
        """Forget what a symbol stands for, and all that was made from it: it no longer exists."""
        if self._values.pop(symbol, None) is None:
            return
        for dependent in self._needed_by.pop(symbol, ()):
            self.consume(dependent)

    def hold(self, kind: str, id_: str, *, within: str = "") -> None:
        """Tie the symbol that is being made to something whose removal will use it up."""
        if self._making:
            self._holds.setdefault(Entity(kind, id_, within), set()).add(self._making[-1])

    # Making

    def new_id(self, kind: str) -> str:
        """Return an id that nothing has yet; the prefix, the kind and a number."""
        return f"{self.prefix}{kind}-{next(self._numbers)}"

    def new_idempotency_key(self) -> str:
        """Return a key that no trigger was sent under yet."""
        return self.new_id("key")

    def new_collection(self) -> str:
        """Return the name of a collection with nothing in it."""
        return self.new_id("collection")

    def claim(self, kind: str, id_: str, *, within: str = "") -> str:
        """Write down that something of this id is about to be made, and return the id."""
        self.ledger.made(Entity(kind, id_, within))
        return id_

    def new_user(self, **properties: Any) -> str:
        """Identify a new user and return its id."""
        id_ = self.claim("user", self.new_id("user"))
        number = id_.rpartition("-")[2]
        defaults = {"name": f"User {number}", "email": f"{id_}@example.com", "phone_number": "+15555550100"}
        self.ask("PUT", f"/v1/users/{id_}", body=defaults | properties)
        self.hold("user", id_)
        return id_

    def new_object(self, collection: str, **properties: Any) -> str:
        """Set a new object in a collection and return its id."""
        id_ = self.claim("object", self.new_id("object"), within=collection)
        self.ask("PUT", f"/v1/objects/{quote(collection, safe='')}/{id_}", body={"name": "Object"} | properties)
        self.hold("object", id_, within=collection)
        return id_

    def new_tenant(self, **properties: Any) -> str:
        """Set a new tenant and return its id."""
        id_ = self.claim("tenant", self.new_id("tenant"))
        self.ask("PUT", f"/v1/tenants/{id_}", body={"name": "Tenant"} | properties)
        self.hold("tenant", id_)
        return id_

    def workflow(self, name: str) -> str:
        """Return the key that a workflow of the packaged project has on this target."""
        return self.target.fixtures.workflows[name]

    def channel(self, key: str) -> str:
        """Return the id that a channel of the packaged project has on this target."""
        return self.target.fixtures.channels[key].id

    def trigger(
        self,
        workflow: str,
        *,
        recipients: Sequence[Any],
        idempotency_key: str | None = None,
        **body: Any,
    ) -> httpx.Response:
        """Trigger a workflow of the packaged project and return the answer, whatever it is.

        Args:
            workflow: its name in the packaged project.
            recipients: ids or inline identifications.
            idempotency_key: sent as `Idempotency-Key`.
            body: the rest of the request, such as `data` or `tenant`.
        """
        return self.client.send(
            "POST",
            f"/v1/workflows/{quote(self.workflow(workflow), safe='')}/trigger",
            body={"recipients": list(recipients), **body},
            headers={"idempotency-key": idempotency_key} if idempotency_key is not None else None,
        )

    def start(self, workflow: str, *, recipients: Sequence[Any], **body: Any) -> str:
        """Trigger a workflow, which has to succeed, and return the id of the run."""
        response = self.trigger(workflow, recipients=recipients, **body)
        answer = self._decoded(response, f"the trigger of {workflow}")
        if not isinstance(answer, dict) or not isinstance(answer.get("workflow_run_id"), str):
            raise NotMade(f"the trigger of {workflow} answered without a workflow_run_id")
        return str(answer["workflow_run_id"])

    def wait_for(
        self, path: str, *, query: Sequence[tuple[str, str]] = (), where: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Wait until a list has an item with these fields, and return it.

        Raises:
            NotMade: it did not come in time.
        """
        wanted = (where or {}).items()

        def find() -> dict[str, Any] | None:
            answer = self.ask("GET", path, query=query)
            items = answer.get("items") if isinstance(answer, dict) else None
            found = (item for item in items or () if isinstance(item, dict) and wanted <= item.items())
            return next(found, None)

        try:
            return eventually(find, timeout_s=PATIENCE_S, what=f"an item of {path}") or {}
        except Overdue as error:
            raise NotMade(f"test data could not be made{self._purpose()}: {error}") from None

    def ask(self, method: str, path: str, *, query: Sequence[tuple[str, str]] = (), body: Any = ABSENT) -> Any:
        """Send a request that has to succeed, and return the decoded answer.

        Raises:
            NotMade: it did not succeed.
        """
        return self._decoded(self.client.send(method, path, query=query, body=body), f"{method} {path}")

    # Removing

    def clean_up(self) -> Removal:
        """Remove everything that was made and say what could not be removed."""
        removal = remove(self.client, self.ledger.remaining())
        for entity in removal.removed:
            self.ledger.removed(entity)
        self._values.clear()
        self._holds.clear()
        return removal

    def _decoded(self, response: httpx.Response, request: str) -> Any:
        if not response.is_success:
            answer = f"{request} answered {response.status_code}"
            raise NotMade(f"test data could not be made{self._purpose()}: {answer}")
        try:
            return json.loads(response.content) if response.content else None
        except ValueError:
            raise NotMade(f"{request} answered something else than JSON") from None

    def _purpose(self) -> str:
        return f" for {self._making[0]}" if self._making else ""

    def _make(self, symbol: str) -> Any:
        maker = find_symbol(symbol)
        if maker is None:
            raise KeyError(f"{symbol} is no symbol; there are {', '.join(SYMBOLS)}")
        failures = self._failures.setdefault(symbol, [])
        if len(failures) >= _TRIES:
            raise failures[-1]
        self._making.append(symbol)
        try:
            value = maker.make(self)
        except NotMade as error:
            failures.append(error)
            for needed in [name for name, dependents in self._needed_by.items() if symbol in dependents]:
                self.consume(needed)  # what it was made from may be at fault: the next try starts afresh
            raise
        finally:
            self._making.pop()
        failures.clear()
        if maker.kept:
            self._values[symbol] = value
        return value

    def _segment(self, segment: str) -> str:
        symbol = unquote(segment)
        if symbol[:1] != "@" or find_symbol(symbol) is None:
            return segment
        return quote(str(self.value(symbol)), safe="")

    def _observe(self, exchange: Exchange) -> None:
        operation = exchange.operation or ""
        if not 200 <= exchange.status < 300 or (operation not in MADE and operation not in REMOVED):
            return
        seen = read_accepted(exchange, base_url=self.target.base_url)
        if seen is None:
            return
        for entity in MADE[operation](seen) if operation in MADE else ():
            self.ledger.made(entity)
        for entity in REMOVED[operation](seen) if operation in REMOVED else ():
            self.ledger.removed(entity)
            for symbol in self._holds.pop(entity, ()):
                self.consume(symbol)
