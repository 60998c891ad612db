"""User tokens: who a browser speaks for, signed by the backend that knows (TOKEN-RS256-ACCEPTED)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import msgspec

from .grants import Grants, read_grants
from .refusals import Forbidden

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["HEADER", "UserToken", "UserTokens", "public_half"]

HEADER: Final = b"x-knock-user-token"
#: The only algorithm; a token does not choose (TOKEN-ALG-CONFUSION).
ALGORITHM: Final = "RS256"
#: Bits of a signing key, at least: what the algorithm asks for.
SHORTEST_KEY: Final = 2048
#: Tokens that are remembered, so that whoever polls a feed is not verified each time.
MOST_REMEMBERED: Final = 4096

#: Returns what a token says; it is signed by the right key.
Verify: TypeAlias = Callable[[str], bytes]


class UserToken(NamedTuple):
    """What a verified token says: whom it speaks for, until when (seconds since 1970; None: for ever), and grants."""

    user_id: str
    expires_at: float | None
    grants: Grants


class _Claims(msgspec.Struct):
    """The claims that matter. Others may be there (TOKEN-EXTRA-CLAIMS), times need not (TOKEN-TIME-CLAIMS-OPTIONAL)."""

    sub: str
    exp: float | None = None
    grants: Any = None
    explicit_grants: Any = False


_read_claims = msgspec.json.Decoder(_Claims).decode


class UserTokens:
    """Reads the user tokens of one environment.

    Args:
        signing_key: the public half of its signing key, in PEM; None: it has none.
    """

    def __init__(self, signing_key: str | None) -> None:
        self._signing_key = signing_key
        self._verify: Verify | None = None
        self._known: dict[str, UserToken] = {}

    def read(self, text: str, *, now: datetime) -> UserToken:
        """Return what a token says.

        Args:
            text: the value of the header.
            now: the moment, by the clock of the environment.

        Raises:
            Forbidden: nobody may use it, now or ever.
        """
        token = self._known.get(text)
        if token is None:
            token = self._read(text)
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[text] = token
        if token.expires_at is not None and now.timestamp() >= token.expires_at:
            raise Forbidden("invalid_user_token", "The user token has expired")  # TOKEN-EXPIRED
        return token

    def _read(self, text: str) -> UserToken:
        if self._signing_key is None:  # TOKEN-NO-SIGNING-KEY
            raise Forbidden("missing_jwt_signing_key", "This environment has no key that user tokens are signed with")
        if self._verify is None:
            self._verify = _verifier(self._signing_key)
        try:
            claims = _read_claims(self._verify(text))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _invalid() from None
        if not claims.sub:
            raise _invalid()  # TOKEN-SUB-REQUIRED
        return UserToken(claims.sub, claims.exp, read_grants(claims.grants, explicit=claims.explicit_grants))


def public_half(text: str) -> str:
    """Return the public half of a signing key, in PEM.

    Args:
        text: a private or public RSA key: PEM, or base64 of that on one line, as environment variables hold it.

    Raises:
        ValueError: it is none, or too short to sign with.
    """
    from cryptography.hazmat.primitives import serialization

    public = _load(text if "-----BEGIN" in text else _unwrapped(text.strip()))
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(
        "ascii"
    )


def _unwrapped(text: str) -> str:
    try:
        return b64decode(text, validate=True).decode("ascii")
    except ValueError:
        raise ValueError("a signing key is PEM, or base64 of PEM") from None


def _load(pem: str) -> RSAPublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    data = pem.replace("\\n", "\n").encode()  # line ends that got lost on the way through an environment variable
    try:
        if "PRIVATE KEY" in pem:
            private = serialization.load_pem_private_key(data, password=None)
            key: Any = private.public_key()
        else:
            key = serialization.load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("this signing key cannot be read") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SHORTEST_KEY:
        raise ValueError(f"a signing key is an RSA key of {SHORTEST_KEY} bits or more")
    return key


def _verifier(signing_key: str) -> Verify:
    import jwt

    key = _load(signing_key)
    read = jwt.PyJWS().decode

    def verify(text: str) -> bytes:
        try:
            payload: bytes = read(text, key, algorithms=[ALGORITHM])
        except jwt.InvalidSignatureError:
            raise Forbidden("authorization", "The user token is not signed by this environment's key") from None
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise _invalid() from None  # TOKEN-MALFORMED
        return payload

    return verify


def _invalid() -> Forbidden:
    return Forbidden("invalid_user_token", "The user token cannot be read, or lacks a subject")
