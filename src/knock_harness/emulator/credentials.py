"""Whose request is it: API keys and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .clock import moment
from .refusals import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .store.keys import Key, Kind

__all__ = ["Credential", "KeyRing", "bearer", "permit"]


class Credential(NamedTuple):
    """A known key.

    Attributes:
        kind: what it may do.
        environment: the name of the environment it belongs to.
        until: when it expires; None: never.
        revoked: whether it was taken back.
    """

    kind: Kind
    environment: str
    until: datetime | None = None
    revoked: bool = False


class KeyRing:
    """The keys of all environments."""

    def __init__(self) -> None:
        self._credentials: dict[str, Credential] = {}
        self._tokens: dict[str, list[str]] = {}
        self.find = self._credentials.get

    def learn(self, environment: str, keys: Iterable[Key]) -> None:
        """Know the keys of an environment, instead of those that were known of it.

        A key that another environment has already stays with that one.
        """
        for token in self._tokens.pop(environment, ()):
            del self._credentials[token]
        self._tokens[environment] = known = []
        for key in keys:
            if key.token not in self._credentials:
                until = None if key.expires_at is None else moment(key.expires_at)
                self._credentials[key.token] = Credential(key.kind, environment, until, key.revoked_at is not None)
                known.append(key.token)


def bearer(header: str | None) -> str:
    """Return the token of an Authorization header (AUTH-BEARER-ACCEPTED, AUTH-SCHEME-CASE).

    Raises:
        Unauthenticated: there is no header, or it holds something else than a Bearer token (AUTH-OTHER-SCHEME-401).
    """
    if header is None:
        raise Unauthenticated("authentication_required", "This request carries no API key")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("authentication_required", "An API key comes as a Bearer token")
    return token.strip()


def permit(credential: Credential, *, secret_only: bool) -> None:
    """Let a key pass or not.

    Raises:
        Forbidden: a public key on an operation for secret keys (AUTH-PUBLIC-KEY-DENIED, AUTH-PUBLIC-KEY-DENIED-CODE).
    """
    if secret_only and credential.kind == "public":
        raise Forbidden("incorrect_token_type", "This operation takes a secret key")
