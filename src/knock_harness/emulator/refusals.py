"""The ways in which a request is refused, as exceptions that carry the one error body of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "FieldError",
    "Forbidden",
    "InvalidParams",
    "NotFound",
    "Refusal",
    "TooManyRequests",
    "Unauthenticated",
]


#: Characters of a text that an answer tells back; what was sent may be of any length.
LONGEST_TEXT: Final = 300


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT // 2]}...{text[-LONGEST_TEXT // 2 :]}"


class FieldError(dict[str, "str | None"]):
    """One entry of a 422: the parameter, what is wrong with it, and the kind of fault (ERR-422-FIELD-LIST)."""

    def __init__(self, field: str, message: str, *, kind: str | None = None) -> None:
        super().__init__(field=_short(field), message=_short(message), type=kind)


class Refusal(Exception):
    """A request is answered with a status from 400 on (ERR-ENVELOPE-ALL)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        errors: Iterable[FieldError] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = _short(message)
        self.errors = tuple(errors)

    @property
    def type(self) -> str:
        """Return the family of the error (ERR-TYPE-VALUES)."""
        if self.status in {401, 403}:
            return "authentication_error"
        return "api_error" if self.status >= 500 else "invalid_request_error"

    def explained(self) -> str:
        """Return in one line what is wrong, fields included."""
        return "; ".join([self.message, *(f"{each['field']} {each['message']}" for each in self.errors)])

    def reply(self) -> Reply:
        """Return the answer that tells the caller."""
        body: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
            "type": self.type,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        return Reply(self.status, body)


class Unauthenticated(Refusal):
    """There is no credential, or it is no key of ours (AUTH-MISSING-401, AUTH-UNKNOWN-KEY-401, AUTH-401-CODES)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(401, code, message)


class Forbidden(Refusal):
    """The credential is valid but does not permit this (AUTH-PERMISSION-403)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(403, code, message)


class TooManyRequests(Refusal):
    """More requests came than the tier of the operation admits (RATE-429-ENVELOPE).

    Args:
        after_s: when it is worth trying again, in whole seconds from now (RATE-RETRY-AFTER-SANE).
    """

    def __init__(self, *, after_s: int) -> None:
        super().__init__(429, "rate_limit_exceeded", "This operation was called too often; try again later")
        self.after_s = after_s

    def reply(self) -> Reply:
        """Return the answer that tells the caller."""
        reply = super().reply()
        reply.headers = {"retry-after": str(self.after_s)}
        return reply


class NotFound(Refusal):
    """What the request names does not exist."""

    def __init__(self, what: str, *, code: str = "resource_missing") -> None:
        super().__init__(404, code, f"{what} could not be found")


class InvalidParams(Refusal):
    """Path, query or body do not fit the contract (ERR-422-CODE)."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        super().__init__(422, "invalid_params", "The request holds invalid parameters", errors=errors)

    @classmethod
    def at(cls, field: str, message: str, *, kind: str | None = None) -> InvalidParams:
        """Return the refusal of a single field."""
        return cls([FieldError(field, message, kind=kind)])
