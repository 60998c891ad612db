"""Whose request is it: API keys and what they may do."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .refusals import Forbidden, Unauthenticated

__all__ = ["Credential", "bearer", "permit"]


class Credential(NamedTuple):
    """A known key: its kind and the name of the environment it belongs to."""

    kind: Literal["secret", "public"]
    environment: str


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
