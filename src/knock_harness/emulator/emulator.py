"""The emulator: one synchronous function from a request to an answer, on stores and a clock that it is given."""

from __future__ import annotations

import sys
import traceback
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness import contract

from . import cors, idempotency
from .call import Call
from .clock import Clock, RealClock, stamp
from .credentials import Credential, bearer, permit
from .environment import Environment
from .exchange import JSON, Reply, Request
from .identifiers import Identifiers
from .operations import HANDLERS
from .refusals import NotFound, Refusal, Unauthenticated
from .tasks import TASKS
from .validation import parse_body, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knock_harness.contract import Match
    from knock_harness.contract.project import Project

__all__ = ["Answer", "Emulator"]

#: Pieces of due work that are taken from one environment's queue at a time.
SLICE: Final = 32
OPENAPI_PATH: Final = "/v1/openapi"  # HTTP-OPENAPI-PUBLISHED


class Answer(msgspec.Struct, frozen=True):
    """An answer as it goes onto the wire: status, header pairs in lower case, and the body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes


class Emulator:
    """A Knock API on this machine.

    Args:
        clock: where its time comes from.
        project: the workflows, channels and guides that every environment starts with; by default the packaged one.
        keys: secret keys (``sk_...``) whose environments exist from the start.
        strict_keys: refuse secret keys that are not among these, instead of opening an environment for each new
            ``sk_test_...``.
        seed: makes identifiers the same in every run.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        project: Project | None = None,
        keys: Iterable[str] = (),
        strict_keys: bool = False,
        seed: int | None = None,
    ) -> None:
        self.clock = clock or RealClock()
        self.project = project or contract.project.load()
        self.environments: dict[str, Environment] = {}
        self._strict_keys = strict_keys
        self._ids = Identifiers(seed)
        self._credentials: dict[str, Credential] = {}
        self.next_due: str | None = None  # when the next work is due anywhere, as `stamp` writes it
        self._due: dict[str, str] = {}  # the environments with work in their queue, and when the first of it is due
        for key in keys:
            self.open_environment(key)

    def open_environment(self, secret_key: str) -> Environment:
        """Return the environment of a secret key, made if need be; ``pk_x`` is the public key beside ``sk_x``."""
        if secret_key not in self.environments:
            self.environments[secret_key] = Environment(
                secret_key, project=self.project, clock=self.clock, ids=self._ids
            )
            self._credentials[secret_key] = Credential("secret", secret_key)
            self._credentials["pk_" + secret_key.removeprefix("sk_")] = Credential("public", secret_key)
        return self.environments[secret_key]

    def handle(self, request: Request) -> Answer:
        """Answer a request; whatever it holds, there is an answer (ERR-NO-5XX-ON-INPUT)."""
        request_id = self._ids.request_id()
        try:
            reply = self._reply(request, request_id)
        except Refusal as refusal:
            reply = refusal.reply()
        except RecursionError:  # JSON that could just be read, but not worked on
            reply = Refusal(400, "malformed_json", "The body is nested too deeply").reply()
        except Exception:  # noqa: BLE001 - the fault is ours, the caller is told so and the operator sees it
            traceback.print_exc(file=sys.stderr)
            reply = Refusal(500, "internal_error", "The emulator failed").reply()
        content = reply.content()
        headers = [(b"x-request-id", request_id.encode())]  # REQID-PRESENT
        if content:
            headers.append((b"content-type", JSON.encode()))
        headers += [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
        headers += cors.headers(request)
        return Answer(reply.status, headers, content)

    def run_due(self, *, budget_s: float = 0.002, at_once: int = SLICE) -> bool:
        """Do what is due, for about so many seconds; say whether something is still due.

        Args:
            budget_s: after which no more is begun; 0.0: so many pieces as are done at once, and no more.
            at_once: pieces that are done before the time is looked at.
        """
        started = perf_counter()
        now = stamp(self.clock.now())
        for name in [name for name, due_at in sorted(self._due.items(), key=itemgetter(1)) if due_at <= now]:
            more = True
            while more:
                more = self.environments[name].run_due(TASKS, limit=at_once) == at_once
                if perf_counter() - started > budget_s:
                    self._note_due(name)
                    return self.next_due is not None and self.next_due <= now
            self._note_due(name)
        return False

    def _note_due(self, name: str) -> None:
        before, after = self._due.get(name), self.environments[name].store.queue.next_due()
        if after is None:
            self._due.pop(name, None)
        else:
            self._due[name] = after
        if before == self.next_due or (after is not None and (self.next_due is None or after < self.next_due)):
            self.next_due = min(self._due.values(), default=None)

    def _reply(self, request: Request, request_id: str) -> Reply:
        if request.method == "OPTIONS":
            return Reply(204)
        if not request.path.startswith("/v1/"):
            raise NotFound(f"{request.path}", code="route_missing")
        credential = self._authenticate(request)
        match = contract.match(request.method, request.path)
        if match is None:
            return self._unmatched(request)
        permit(credential, secret_only=match.operation.secret_only)
        environment = self.environments[credential.environment]
        if request.method == "GET":
            return self._call(request, match, environment, request_id)
        with environment.store.transaction():
            reply = self._call(request, match, environment, request_id)
        self._note_due(credential.environment)
        return reply

    def _authenticate(self, request: Request) -> Credential:
        token = bearer(request.header(b"authorization"))
        credential = self._credentials.get(token)
        if credential is None:
            if self._strict_keys or not token.startswith("sk_test_"):
                raise Unauthenticated("api_key_missing", "This API key is not known")  # AUTH-UNKNOWN-KEY-401
            self.open_environment(token)
            credential = self._credentials[token]
        return credential

    def _call(self, request: Request, match: Match, environment: Environment, request_id: str) -> Reply:
        operation = match.operation
        query: Mapping[str, Any] = contract.wire.decode_query(operation, request.query) if request.query else {}
        body = parse_body(operation, request)
        validate(operation, match.path, query, body)
        call = Call(operation, environment, match.path, query, body, environment.clock.now(), request)
        key = request.header(b"idempotency-key") if operation.idempotent else None  # IDEMPOTENCY-OTHER-ENDPOINTS
        if key is None:
            return HANDLERS[operation.id](call)
        return _once(call, key, request_id)

    def _unmatched(self, request: Request) -> Reply:
        if request.path == OPENAPI_PATH and request.method == "GET":
            return Reply(200, contract.load().document)
        methods = contract.methods(request.path)
        if not methods:
            raise NotFound(f"{request.path}", code="route_missing")  # ERR-UNKNOWN-ROUTE
        refusal = Refusal(405, "method_not_allowed", f"{request.method} is not a method of this path")
        reply = refusal.reply()
        reply.headers = {"allow": ", ".join(sorted(methods))}
        return reply


def _once(call: Call, key: str, request_id: str) -> Reply:
    path, body, now = call.request.path, call.body, call.now
    if call.request.query:  # no parameter of ours, but a parameter (IDEMPOTENCY-MISMATCH)
        path = f"{path}?{call.request.query}"
    earlier = idempotency.replayed(call.store, key, path=path, body=body, now=now)
    if earlier is not None:
        return earlier
    reply = HANDLERS[call.operation.id](call)
    idempotency.save(call.store, key, reply, path=path, body=body, request_id=request_id, now=now)
    return reply
