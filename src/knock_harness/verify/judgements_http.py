"""Judges of what holds for every answer: documented, acceptable to clients, identified, with or without a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import NO_JSON
from .documented import Broken, undocumented

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .answers import Answer
    from .documented import Finding

__all__ = ["JUDGES"]

#: Statuses that the official clients take for passing trouble, and repeat the request. So they do with 429, but that
#: may be the rate limit indeed, which is no matter of the request.
_REPEATED = frozenset({408, 409})
_RATE_LIMITED = 429
#: Refusals that HTTP itself has for a request that is malformed, and that no operation needs to document.
_BY_HTTP = frozenset({404, 405, 411, 413, 414, 415, 431})


def _valid_accepted(answer: Answer) -> Finding:
    """Judge only requests that are meant to succeed: valid by the bytes sent, and about what exists."""
    if not answer.meant_to_succeed or answer.flaws or answer.credential != "secret" or answer.status == _RATE_LIMITED:
        return None
    if answer.status == answer.operation.success:
        return True
    if answer.refused_by_provider:
        return None
    return Broken(f"status {answer.operation.success}", f"status {answer.status}{_reason(answer)}")


def _invalid_refused(answer: Answer) -> Finding:
    if not answer.flaws or answer.lenient or answer.credential != "secret" or answer.status == _RATE_LIMITED:
        return None
    if 400 <= answer.status < 500 and (str(answer.status) in answer.operation.responses or answer.status in _BY_HTTP):
        return True
    return Broken(f"a documented 4xx, as the request is invalid ({_flaws(answer)})", f"status {answer.status}")


def _no_5xx(answer: Answer) -> Finding:
    return True if answer.status < 500 else Broken("no 5xx, whatever the request", f"status {answer.status}")


def _not_repeated(answer: Answer) -> Finding:
    """Judge final refusals: those of requests that no repetition makes better."""
    if not answer.flaws or answer.status < 400 or answer.status == _RATE_LIMITED:
        return None
    if answer.status in _REPEATED:
        return Broken("a status that clients take for final", f"status {answer.status}")
    return True


def _identified(answer: Answer) -> Finding:
    return True if answer.headers.get("x-request-id") else Broken("a header x-request-id", "none, or an empty one")


def _json_content_type(answer: Answer) -> Finding:
    if not answer.exchange.response_body:
        return None
    found = answer.headers.get("content-type", "")
    if found.partition(";")[0].strip().lower().endswith("json"):
        return True
    return Broken("a content type that ends in json", f"{found!r}" if found else "no content type")


def _empty_204(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    if answer.status == 204 and not answer.exchange.response_body:
        return True
    return Broken("204 with an empty body", f"{answer.status} with {len(answer.exchange.response_body)} bytes")


def _body_200(answer: Answer) -> Finding:
    if not answer.accepted:
        return None
    if answer.status == 200 and answer.json is not NO_JSON:
        return True
    return Broken("200 with the affected records", f"{answer.status} with {len(answer.exchange.response_body)} bytes")


def _secret_key_suffices(answer: Answer) -> Finding:
    """Take no side in a 403 of a provider, which may be for want of a credential of the third party."""
    if answer.credential != "secret":
        return None
    if answer.status != 403:
        return True
    if answer.operation.resource == "providers":
        return None
    return Broken("no 403, as the key is a secret one", "status 403")


def _bearer_accepted(answer: Answer) -> Finding:
    if answer.credential != "secret":
        return None
    return Broken("no 401, as the key is valid", "status 401") if answer.status == 401 else True


def _reason(answer: Answer) -> str:
    message = answer.error.get("message")
    fields = answer.error.get("errors")
    named = [each.get("field") for each in fields if isinstance(each, dict)] if isinstance(fields, list) else []
    return f" ({message}{': ' if named else ''}{', '.join(str(each) for each in named)})" if message else ""


def _flaws(answer: Answer) -> str:
    return "; ".join(str(flaw) for flaw in answer.flaws[:3])


JUDGES: Mapping[str, Callable[[Answer], Finding]] = {
    "CONTRACT-RESPONSE": undocumented,
    "CONTRACT-VALID-ACCEPTED": _valid_accepted,
    "CONTRACT-INVALID-REFUSED": _invalid_refused,
    "ERR-NO-5XX-ON-INPUT": _no_5xx,
    "HTTP-409-RETRIED": _not_repeated,
    "REQID-PRESENT": _identified,
    "HTTP-JSON-CONTENT-TYPE": _json_content_type,
    "HTTP-204-EMPTY": _empty_204,
    "HTTP-200-HAS-BODY": _body_200,
    "AUTH-SECRET-KEY-ALL": _secret_key_suffices,
    "AUTH-BEARER-ACCEPTED": _bearer_accepted,
}
