"""The control API as one function from a request to an answer, in slices; no sockets."""

from __future__ import annotations

import sys
import traceback
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final

from knock_harness import contract, control
from knock_harness.emulator.answer import Answer
from knock_harness.emulator.exchange import JSON, Reply
from knock_harness.emulator.outbound import is_loopback
from knock_harness.emulator.refusals import FieldError, Forbidden, InvalidParams, NotFound, Refusal, Unauthenticated
from knock_harness.emulator.validation import parse_body
from knock_harness.errors import InvalidDocument

from .call import ControlCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from knock_harness.contract import Match, Operation, Violation
    from knock_harness.emulator.emulator import Emulator
    from knock_harness.emulator.environment import Environment
    from knock_harness.emulator.exchange import Request

__all__ = ["ControlApi"]

_ENVIRONMENT: Final = control.ENVIRONMENT_HEADER.encode()


class ControlApi:
    """Answers control requests for an emulator.

    Args:
        emulator: who is steered.
        token: what every request has to show; None: nothing.
    """

    def __init__(self, emulator: Emulator, *, token: str | None = None) -> None:
        self._emulator = emulator
        self._token = token
        self._busy: set[str] = set()  # the environments that somebody works on in slices

    def handle(self, request: Request) -> Iterator[Environment | Answer]:
        """Answer a request, whatever it holds.

        Yields:
            After each slice of the work the environment that it was done in, whose outbound calls are to be made
            before the next slice; at last the answer.
        """
        try:
            for each in self._reply(request):
                yield each if not isinstance(each, Reply) else _answer(each)
        except Refusal as refusal:
            yield _answer(_refused(refusal))
        except InvalidDocument as error:
            yield _answer(_broken(error))
        except Exception:  # noqa: BLE001 - the fault is ours, the caller is told so and the operator sees it
            traceback.print_exc(file=sys.stderr)
            yield _answer(Refusal(500, "internal_error", "The emulator failed").reply())

    def _reply(self, request: Request) -> Iterator[Environment | Reply]:
        self._admit(request)
        match = control.load().router.match(request.method, request.path)
        if match is None:
            raise _unmatched(request)
        call = self._call(request, match)
        environment, alone = call.environment, "409" in match.operation.responses
        if not alone:
            yield from _slices(call)
            return
        if environment.name in self._busy:
            raise Refusal(409, "environment_busy", "The environment is being worked on; ask again when that is done")
        self._busy.add(environment.name)
        try:
            yield from _slices(call)
        finally:
            self._busy.discard(environment.name)

    def _admit(self, request: Request) -> None:
        """Let a request pass that may steer this emulator.

        Raises:
            Forbidden: it comes from a web page of another machine, which a browser of this machine shows.
            Unauthenticated: there is a token, and it does not show it.
        """
        origin = request.header(b"origin")
        if origin is not None and not is_loopback(origin):
            raise Forbidden("foreign_origin", f"Pages of {origin!r} do not steer this emulator")
        if self._token is None:
            return
        scheme, _, shown = (request.header(b"authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not compare_digest(shown.strip().encode(), self._token.encode()):
            raise Unauthenticated("control_token_missing", "The control API of this emulator asks for its token")

    def _call(self, request: Request, match: Match) -> ControlCall:
        operation = match.operation
        query: Mapping[str, Any] = contract.wire.decode_query(operation, request.query) if request.query else {}
        body = parse_body(operation, request)
        _validate(operation, match.path, query, body)
        return ControlCall(operation, self._emulator, self._environment(request), match.path, query, body, request)

    def _environment(self, request: Request) -> Environment:
        environments, name = self._emulator.environments, request.header(_ENVIRONMENT)
        if name is None:
            name = next(iter(environments), control.DEFAULT_KEY)
        return environments.get(name) or self._emulator.admit_environment(name)


def _slices(call: ControlCall) -> Iterator[Environment | Reply]:
    from .handlers import HANDLERS  # here, so that an emulator that nobody steers does not load what steers it

    replied = HANDLERS[call.operation.id](call)
    if isinstance(replied, Reply):
        yield replied
        return
    for each in replied:
        yield call.environment if each is None else each


def _validate(operation: Operation, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> None:
    """Let a request pass that fits the document.

    Raises:
        InvalidParams: it does not.
    """
    validators = control.load().validators
    broken: list[Violation] = []
    if path:
        broken += validators.parameter_errors(operation, "path", path)
    broken += validators.parameter_errors(operation, "query", query)
    if body is not None:
        broken += validators.body_errors(operation, body)
    if broken:
        raise InvalidParams([FieldError(each.field or "body", each.message, kind=each.keyword) for each in broken])


def _unmatched(request: Request) -> Refusal:
    methods = control.load().router.methods(request.path)
    if not methods:
        return NotFound(request.path, code="route_missing")
    return Refusal(405, "method_not_allowed", f"This path has the methods {', '.join(sorted(methods))}")


def _refused(refusal: Refusal) -> Reply:
    """Return the answer to a request that is refused; its message says what the list of fields says."""
    reply = refusal.reply()
    if refusal.errors:
        reply.value["message"] = "; ".join(_one_line(f"{each['field']}: {each['message']}") for each in refusal.errors)
    return reply


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _broken(error: InvalidDocument) -> Reply:
    reply = Refusal(422, "invalid_definition", _one_line(str(error))).reply()
    told = {"file": error.file, "line": error.line, "path": error.path}
    reply.value |= {name: value for name, value in told.items() if value}
    return reply


def _answer(reply: Reply) -> Answer:
    content = reply.content()
    headers = [(b"content-type", JSON.encode())] if content and "content-type" not in reply.headers else []
    headers += [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    return Answer(reply.status, headers, content)
