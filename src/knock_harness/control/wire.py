"""How control requests go out and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from knock_harness.errors import ControlError, TargetUnreachable

from . import ENVIRONMENT_HEADER, PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NONE", "Wire", "segment"]

Read = TypeVar("Read")

#: Stands for a body that is not there; None is a value of JSON.
NONE: Final = msgspec.UNSET


class _Refused(msgspec.Struct):
    """The error body."""

    code: str
    message: str
    file: str = ""
    line: int | None = None
    path: str = ""


class Wire:
    """A connection to the control API, for one environment or for the whole emulator.

    Args:
        client: over which.
        environment: the secret key of the environment; None: the first one.
    """

    def __init__(self, client: httpx.Client, *, environment: str | None = None) -> None:
        self._client = client
        self._headers = {} if environment is None else {ENVIRONMENT_HEADER: environment}

    @property
    def client(self) -> httpx.Client:
        """Return the client that the requests go over."""
        return self._client

    def ask(
        self,
        method: str,
        path: str,
        read: type[Read],
        *,
        body: Any = NONE,
        query: Mapping[str, Any] | None = None,
        waits: bool = False,
    ) -> Read:
        """Send a request and return its answer.

        Args:
            method: in capitals.
            path: below the prefix; names in it are quoted by `segment`.
            read: what the answer holds.
            body: a value of JSON, or the bytes of a file; `NONE`: there is none.
            query: parameters; those that are None are left out.
            waits: for the answer, however long that takes.

        Raises:
            ControlError: the emulator refuses it, or its answer is none of this API.
            TargetUnreachable: nobody answers.
        """
        content = self._send(method, path, body=body, query=query, waits=waits).content
        try:
            return msgspec.json.decode(content, type=read)
        except msgspec.DecodeError as error:
            raise ControlError(f"the answer to {method} {path} is not understood: {error}") from None

    def tell(self, method: str, path: str, *, body: Any = NONE, query: Mapping[str, Any] | None = None) -> bytes:
        """Send a request whose answer has no JSON, and return the bytes of it; for the rest see `ask`."""
        return self._send(method, path, body=body, query=query).content

    def _send(
        self, method: str, path: str, *, body: Any, query: Mapping[str, Any] | None, waits: bool = False
    ) -> httpx.Response:
        content, kind = _content(body)
        more: dict[str, Any] = {"timeout": None} if waits else {}
        try:
            response = self._client.request(
                method,
                PREFIX + path,
                content=content,
                params={name: _text(value) for name, value in (query or {}).items() if value is not None},
                headers={**self._headers, **kind},
                **more,
            )
        except httpx.InvalidURL as error:
            raise ControlError(f"no address: {error}") from None
        except httpx.HTTPError as error:
            raise TargetUnreachable(
                f"the emulator does not answer: {error or type(error).__name__}", where=str(self._client.base_url)
            ) from None
        if not response.is_success:
            raise _refusal(response)
        return response


def segment(name: str) -> str:
    """Return a name as it stands in a path."""
    return quote(name, safe="")


def _content(body: Any) -> tuple[bytes | None, dict[str, str]]:
    if body is NONE:
        return None, {}
    if isinstance(body, bytes):
        return body, {"content-type": "application/octet-stream"}
    try:
        return msgspec.json.encode(body), {"content-type": "application/json"}
    except TypeError as error:
        raise ControlError(f"this is no value of JSON: {error}") from None


def _text(value: Any) -> str:
    return str(msgspec.to_builtins(value))


def _refusal(response: httpx.Response) -> ControlError:
    try:
        refused = msgspec.json.decode(response.content, type=_Refused)
    except msgspec.DecodeError:
        refused = _Refused("", f"answered {response.status_code}, and not as an emulator does")
    hint = ""
    if response.status_code == 404 and refused.code == "route_missing":
        hint = "Is the emulator running with --no-control, or is it an older one?"
    return ControlError(
        refused.message.rstrip("."),
        hint=hint,
        status=response.status_code,
        code=refused.code,
        file=refused.file,
        line=refused.line,
        path=refused.path,
    )
