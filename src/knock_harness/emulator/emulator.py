"""The emulator: one synchronous function from a request to an answer, on stores and a clock that it is given."""

from __future__ import annotations

import sys
import traceback
from operator import itemgetter
from time import perf_counter, time
from typing import TYPE_CHECKING, Any, Final

from knock_harness import contract

from . import cors, idempotency, keys, tracking
from .admission import admit, permit_use
from .answer import Answer
from .call import Call
from .clock import NEVER, STANDS_STILL, Clock, RunningClock, moment
from .credentials import KeyRing, bearer
from .definitions import project_of
from .environment import Environment
from .environment_files import EnvironmentFiles
from .exchange import JSON, Reply, Request
from .failures import troubled
from .identifiers import Identifiers
from .journal import Journal
from .operations import HANDLERS
from .refusals import InvalidParams, NotFound, Refusal, Unauthenticated
from .settings import Settings
from .tasks import TASKS
from .validation import parse_body, validate
from .visit import Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from knock_harness.contract import Match
    from knock_harness.contract.project import Project

    from .credentials import Credential
    from .faults import Trouble
    from .keys import Key, Kind
    from .outbound import OutboundAnswer, OutboundCall
    from .snapshots import Snapshot

__all__ = ["Answer", "Emulator"]

#: Pieces of due work that are taken from one environment's queue at a time.
SLICE: Final = 32
#: Pieces that are done before a request is answered where the clock stands still; no request waits for ever.
SETTLED_AT_ONCE: Final = 50_000
OPENAPI_PATH: Final = "/v1/openapi"  # HTTP-OPENAPI-PUBLISHED


class Emulator:
    """A Knock API on this machine.

    Args:
        new_clock: makes the clock of each environment; by default that of the machine.
        project: the workflows, channels and guides that every environment starts with; by default the packaged one.
        keys: secret keys (``sk_...``) whose environments exist from the start.
        strict_keys: refuse secret keys that are not among these, instead of opening an environment for each new
            ``sk_test_...``.
        seed: makes identifiers the same in every run.
        settings: that every environment starts with.
        data: the directory in which environments are kept; those in it exist from the start. None: in memory.

    Attributes:
        environments: by the secret key that opened each.
        strays: the requests that reached no environment.
        next_due: when the next work is due anywhere, in seconds since 1970 by the clock of the machine.
        calling_out: the names of the environments with outbound calls to make.

    Raises:
        InvalidDocument: a file of `data` cannot be used.
    """

    def __init__(
        self,
        *,
        new_clock: Callable[[], Clock] = RunningClock,
        project: Project | None = None,
        keys: Iterable[str] = (),
        strict_keys: bool = False,
        seed: int | None = None,
        settings: Settings | None = None,
        data: Path | None = None,
    ) -> None:
        self.project = project or contract.project.load()
        self.environments: dict[str, Environment] = {}
        self.strays = Journal()
        self.next_due = NEVER
        self.calling_out: set[str] = set()
        self._new_clock = new_clock
        self._strict_keys = strict_keys
        self._seed = seed
        self._settings = settings or Settings()
        self._ids = Identifiers(seed, whose="requests")
        self._keys = KeyRing()
        self._due: dict[str, float] = {}  # the environments with work in their queue, and when the first of it is due
        self._noted: dict[str, str | None] = {}  # when that is by their own clocks
        self._moving: set[str] = set()  # the environments whose clock is being moved, which do what is due on the way
        self._files = None if data is None else EnvironmentFiles(data)
        for key in (*keys, *(self._files.names() if self._files else ())):
            self.open_environment(key)

    def open_environment(self, secret_key: str) -> Environment:
        """Return the environment of a secret key, made if need be; ``pk_x`` is the public key beside ``sk_x``."""
        if secret_key not in self.environments:
            self.environments[secret_key] = Environment(
                secret_key,
                project=self.project,
                new_clock=self._new_clock,
                seed=self._seed,
                settings=self._settings,
                path=self._files.path(secret_key) if self._files else None,
            )
            self._note_due(secret_key)
            keys.begin(self.environments[secret_key])
            self._learn_keys(secret_key)
        return self.environments[secret_key]

    def create_key(self, name: str, kind: Kind, *, token: str | None = None, expires_at: datetime | None = None) -> Key:
        """Give an environment one more key; see `keys.create`."""
        if token is not None and self._keys.find(token) is not None:
            raise InvalidParams.at("token", "is in use", kind="unique")
        key = keys.create(self.environments[name], kind, token=token, expires_at=expires_at)
        self._learn_keys(name)
        return key

    def revoke_key(self, name: str, token: str) -> Key:
        """Refuse a key of an environment from now on; see `keys.revoke`."""
        key = keys.revoke(self.environments[name], token)
        self._learn_keys(name)
        return key

    def expire_key(self, name: str, token: str, *, at: datetime | None) -> Key:
        """Let a key of an environment expire; see `keys.expire`."""
        key = keys.expire(self.environments[name], token, at=at)
        self._learn_keys(name)
        return key

    def _learn_keys(self, name: str) -> None:
        self._keys.learn(name, self.environments[name].store.keys.all())

    def admit_environment(self, name: str) -> Environment:
        """Return the environment that a secret key names or may open.

        Raises:
            NotFound: there is none, and the key opens none.
        """
        credential = self._keys.find(name)
        if credential is not None and credential.kind == "secret":
            return self.environments[credential.environment]
        if self._strict_keys or not name.startswith("sk_test_"):
            raise NotFound("This environment", code="environment_missing")
        return self.open_environment(name)

    def handle(self, request: Request, *, trouble: Trouble | None = None) -> Answer:
        """Answer a request; whatever it holds, there is an answer (ERR-NO-5XX-ON-INPUT).

        Args:
            request: as it came.
            trouble: what the answer said of a request that was still under way, when it is handed in again.
        """
        visit = Visit(request, self._ids.request_id(), trouble)
        try:
            reply = self._reply(visit)
        except Refusal as refusal:
            reply = refusal.reply()
        except RecursionError:  # JSON that could just be read, but not worked on
            reply = Refusal(400, "malformed_json", "The body is nested too deeply").reply()
        except Exception:  # noqa: BLE001 - the fault is ours, the caller is told so and the operator sees it
            traceback.print_exc(file=sys.stderr)
            reply = Refusal(500, "internal_error", "The emulator failed").reply()
        content = reply.content()
        headers = [(b"x-request-id", visit.request_id.encode())]  # REQID-PRESENT
        if content and "content-type" not in reply.headers:
            headers.append((b"content-type", JSON.encode()))
        headers += [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
        headers += cors.headers(request)
        answer = Answer(reply.status, headers, content)
        if visit.trouble is not None:
            answer = troubled(answer, visit.trouble)
            if visit.trouble.is_under_way:
                return answer
        environment = visit.environment
        if environment is None:
            self.strays.add(visit, answer)
        else:
            environment.journal.add(visit, answer, entries=environment.settings.journal_entries)
        return answer

    def run_due(self, *, budget_s: float = 0.002, at_once: int = SLICE) -> bool:
        """Do what is due, for about so many seconds; say whether something is still due.

        Args:
            budget_s: after which no more is begun; 0.0: so many pieces as are done at once, and no more.
            at_once: pieces that are done before the time is looked at.
        """
        started, now = perf_counter(), time()
        if self.next_due > now:
            return False
        for name in [name for name, due in sorted(self._due.items(), key=itemgetter(1)) if due <= now]:
            more = True
            while more:
                more = self.environments[name].run_due(TASKS, limit=at_once) == at_once
                if perf_counter() - started > budget_s:
                    self._note_due(name)
                    return self.next_due <= now
            self._note_due(name)
        return self.next_due <= now

    def settle(self) -> bool:
        """Do what is due where the clock stands still, and say whether anything was.

        Whoever carries requests asks for it before each of them: so what becomes of requests depends on their order
        alone, and not on how soon one follows the other.
        """
        if self.next_due != STANDS_STILL:
            return False
        for name in [name for name, due in self._due.items() if due == STANDS_STILL]:
            for _ in range(SETTLED_AT_ONCE // SLICE):
                if self.environments[name].run_due(TASKS, limit=SLICE) < SLICE:
                    break
            self._note_due(name)
        return True

    def advance(self, name: str, *, to: datetime) -> Iterator[int]:
        """Move the clock of an environment, doing in order what falls due on the way, in slices.

        Between two slices the outbound calls of the environment are to be made; see `Environment.advance`.

        Yields:
            How many pieces of work were done since the last time.
        """
        environment = self.environments[name]
        self._moving.add(name)
        self._note_due(name, moved=True)
        try:
            for done in environment.advance(TASKS, to=to):
                if environment.calls_out:
                    self.calling_out.add(name)
                yield done
        finally:
            self._moving.discard(name)
            self._note_due(name, moved=True)

    def reset(self, name: str) -> None:
        """Let an environment be as when it was first opened; its keys stay."""
        self.environments[name].reset()
        self._note_due(name, moved=True)

    def restore(self, name: str, snapshot: Snapshot) -> None:
        """Let an environment be as when a snapshot was taken."""
        self.environments[name].restore(snapshot)
        self._learn_keys(name)
        self._note_due(name, moved=True)

    def take_calls(self) -> list[tuple[str, OutboundCall]]:
        """Return the outbound calls to make that were not returned before, each with whose environment it is of."""
        names, self.calling_out = sorted(self.calling_out), set()
        return [(name, call) for name in names for call in self.environments[name].take_calls()]

    def answered(self, name: str, call: OutboundCall, answer: OutboundAnswer) -> None:
        """Take the answer of an outbound call of an environment."""
        self.environments[name].answered(call, answer)
        self._note_due(name)

    def close(self) -> None:
        """Let go of all environments; those in memory are gone then."""
        for environment in self.environments.values():
            environment.store.close()

    def _note_due(self, name: str, *, moved: bool = False) -> None:
        environment = self.environments[name]
        if environment.calls_out:
            self.calling_out.add(name)
        due_at = environment.store.queue.next_due()
        if due_at == self._noted.get(name) and not moved:
            return
        self._noted[name] = due_at
        if due_at is None or name in self._moving:
            self._due.pop(name, None)
        else:
            self._due[name] = environment.clock.machine_time(moment(due_at))
        self.next_due = min(self._due.values(), default=NEVER)

    def _reply(self, visit: Visit) -> Reply:
        request = visit.request
        if request.method == "OPTIONS":
            return Reply(204)
        if not request.path.startswith("/v1/"):
            return self._outside_the_api(visit)
        credential = self._authenticate(request)
        visit.environment = environment = self.environments[credential.environment]
        environment.base_url = request.base_url
        visit.at = now = environment.clock.now()
        visit.match = match = contract.match(request.method, request.path)
        if match is None:
            return self._unmatched(request)
        if credential.until is not None and now >= credential.until:
            raise Unauthenticated("api_key_expired", "This API key has expired")  # AUTH-EXPIRED-KEY
        visit.user = admit(credential, request, match, environment, now=now)
        if environment.faults.active and visit.trouble is None:
            visit.trouble = environment.faults.strike(match.operation.id, now=now)
        if visit.trouble is not None and visit.trouble.has_no_effect:
            return Reply(match.operation.success)
        if environment.limits.active:
            environment.limits.admit(match, user_id=visit.user and visit.user.user_id, now=now)
        if request.method == "GET":
            return self._call(visit, match, environment, now)
        with environment.store.transaction():
            reply = self._call(visit, match, environment, now)
        self._note_due(credential.environment)
        return reply

    def _outside_the_api(self, visit: Visit) -> Reply:
        request = visit.request
        if not request.path.startswith(tracking.PATH):
            raise NotFound(f"{request.path}", code="route_missing")
        visit.environment = environment = tracking.whose(request.path, self.environments.values())
        visit.at = now = environment.clock.now()
        with environment.store.transaction():
            reply = tracking.follow(environment, request, at=now)
        self._note_due(environment.name)
        return reply

    def _authenticate(self, request: Request) -> Credential:
        token = bearer(request.header(b"authorization"))
        credential = self._keys.find(token)
        if credential is None:
            if self._strict_keys or not token.startswith("sk_test_"):
                raise Unauthenticated("api_key_missing", "This API key is not known")  # AUTH-UNKNOWN-KEY-401
            self.open_environment(token)
            credential = self._keys.find(token)
        if credential is None or credential.revoked:
            raise Unauthenticated("api_key_missing", "This API key was revoked")  # AUTH-REVOKED-KEY-401
        return credential

    def _call(self, visit: Visit, match: Match, environment: Environment, now: datetime) -> Reply:
        request, operation = visit.request, match.operation
        query: Mapping[str, Any] = contract.wire.decode_query(operation, request.query) if request.query else {}
        body = parse_body(operation, request)
        validate(operation, match.path, query, body)
        branch = request.header(b"x-knock-branch") or None
        if branch is not None:
            project_of(environment, branch)  # BRANCH-UNKNOWN
        call = Call(operation, environment, match.path, query, body, now, request, branch)
        if visit.user is not None:
            permit_use(call, visit.user)
        key = request.header(b"idempotency-key") if operation.idempotent else None  # IDEMPOTENCY-OTHER-ENDPOINTS
        if key is None:
            return HANDLERS[operation.id](call)
        return _once(call, key, visit.request_id)

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
