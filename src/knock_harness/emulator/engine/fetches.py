"""Fetch steps: the run asks a server for data, waits for the answer, and takes what it brings into its own data."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from knock_harness.emulator.outbound import LOOPBACK, OutboundRequest, is_loopback
from knock_harness.emulator.signing import SIGNATURE_HEADER, signature

from .conditions import holds
from .outcomes import StepFailed, Wait
from .templates import TemplateFailed, compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.contract.project import Step
    from knock_harness.emulator.outbound import OutboundAnswer

    from .outcomes import Outcome
    from .plans import PlannedStep
    from .runs import Run

__all__ = ["WAITS", "fetch_answered", "fetch_step"]

#: How long to wait after each try that failed, but for the last (FETCH-RETRY).
WAITS: Final = (timedelta(seconds=30), timedelta(seconds=60))
TIMEOUT_S: Final = 15.0
_SUCCESS: Final = frozenset({200, 201, 204})  # FETCH-SUCCESS-CODES
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_OFF: Final = (
    "fetch steps are off, as they call servers: switch them on by the setting outbound of the environment,"
    " which admits servers on this machine"
)


def fetch_step(run: Run, planned: PlannedStep) -> Outcome:
    """Ask a server, or skip the step and say why.

    Raises:
        StepFailed: calls to others are off, or the request cannot be made.
    """
    if not holds(planned.step.conditions, run.scope):
        return run.skip(planned.step, "conditions_not_met")
    if run.environment.settings.outbound != LOOPBACK:
        raise StepFailed(_OFF)
    return _ask(run, planned.step, attempt=1)


def fetch_answered(run: Run, planned: PlannedStep) -> Outcome:
    """Take the answer of a server, or ask again when the time for that has come (FETCH-RETRY).

    Raises:
        StepFailed: the answer is of no use and no further try mends that.
    """
    step, attempt = planned.step, msgspec.msgpack.decode(run.progress.memory, type=int)
    if run.answer is None:
        return _ask(run, step, attempt=attempt + 1)
    answer, run.answer = run.answer, None
    if answer.status in _SUCCESS:
        _take(run, step, answer)
        run.tell(step, "fetch_finished", {"status": answer.status}, attempt=attempt)
        return None
    reason = answer.failure or f"the server answered {answer.status}"
    if answer.status and answer.status < 500:
        raise StepFailed(reason, attempt=attempt)  # FETCH-FATAL
    if attempt > len(WAITS):
        raise StepFailed(f"{reason}, and no try is left", attempt=attempt)
    until = run.at + WAITS[attempt - 1]
    run.tell(step, "fetch_failed", {"reason": reason}, failed=True, attempt=attempt)
    return Wait(until)


def _ask(run: Run, step: Step, *, attempt: int) -> Outcome:
    try:
        request = _request(run, step.settings)
    except TemplateFailed as error:
        raise StepFailed(str(error), attempt=attempt) from None
    if not is_loopback(request.url):
        raise StepFailed(f"{request.url!r} is no URL of a server on this machine", attempt=attempt)
    run.call_out(request)
    run.progress.memory = msgspec.msgpack.encode(attempt)
    return Wait(None)


def _request(run: Run, settings: Mapping[str, Any]) -> OutboundRequest:
    """Return the request with everything rendered in the scope of the run (FETCH-REQUEST-RENDERED)."""
    variables = run.scope.variables

    def rendered(name: str) -> str:
        return compiled(str(settings.get(name) or ""))(variables).strip()

    method = rendered("method").upper() or "GET"
    if method not in _METHODS:
        raise TemplateFailed(f"{method!r} is no method of a fetch step")
    headers = _pairs(settings.get("headers"), variables)
    body = b""
    if method != "GET" and (text := rendered("body")):
        body = _json(text)
        if "content-type" not in {name.lower() for name, _ in headers}:
            headers.append(("content-type", "application/json"))
    if key := rendered("signing_key"):
        headers.append((SIGNATURE_HEADER, signature(key, body, at=run.at)))
    url = _with_query(rendered("url"), _pairs(settings.get("query_params"), variables))
    return OutboundRequest(method, url, headers, body, TIMEOUT_S)


def _pairs(given: Any, variables: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and values, from a list of templates or from one that renders to a JSON object."""
    if not given:
        return []
    if isinstance(given, str):
        text = compiled(given)(variables).strip()
        try:
            values = msgspec.json.decode(text or "{}", type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise TemplateFailed(f"headers or query_params render to no JSON object: {error}") from None
        return [(name, value if isinstance(value, str) else _text(value)) for name, value in values.items()]
    return [(compiled(each["key"])(variables).strip(), compiled(each["value"])(variables).strip()) for each in given]


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _json(text: str) -> bytes:
    try:
        return msgspec.json.format(text.encode(), indent=-1)
    except msgspec.DecodeError as error:
        raise TemplateFailed(f"the body renders to no JSON: {error}") from None


def _with_query(url: str, pairs: list[tuple[str, str]]) -> str:
    if not pairs:
        return url
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise TemplateFailed(f"{url!r} is no URL: {error}") from None
    query = "&".join(each for each in (parts.query, urlencode(pairs)) if each)
    return urlunsplit(parts._replace(query=query))


def _take(run: Run, step: Step, answer: OutboundAnswer) -> None:
    """Merge what came into the data of the run (FETCH-MERGE-SHALLOW, FETCH-RESPONSE-PATH)."""
    if answer.status == 204 or not answer.body.strip():
        return
    path = step.settings.get("response_path")
    try:
        if path:
            value = msgspec.json.decode(answer.body)
            run.put_data(_placed(run.data, str(path).split("."), value))
        else:
            run.put_data({**run.data, **msgspec.json.decode(answer.body, type=dict[str, Any])})
    except (msgspec.DecodeError, UnicodeDecodeError):  # FETCH-FATAL
        raise StepFailed("the server answered with what is no JSON object") from None


def _placed(data: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    """Return data with a value at a path; what stands in the way of the path gives way."""
    key, *rest = path
    if rest:
        below = data.get(key)
        value = _placed(below if isinstance(below, dict) else {}, rest, value)
    return {**data, key: value}
