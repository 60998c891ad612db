"""The keys of an environment: made, revoked, and let expire.

An environment begins with the secret key that opened it and the public key beside that one. Whoever changes its keys
tells the emulator afterwards, which knows the keys of all environments: see `Emulator.create_key` and its neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .clock import stamp
from .refusals import InvalidParams, NotFound
from .store.keys import Key, Kind

if TYPE_CHECKING:
    from datetime import datetime

    from .environment import Environment

__all__ = ["Key", "Kind", "begin", "create", "expire", "public_twin", "revoke"]

#: What the keys that the emulator makes up begin with.
PREFIXES: Final[dict[Kind, str]] = {"secret": "sk_test_", "public": "pk_test_"}
#: What every key of a kind begins with.
STARTS: Final[dict[Kind, str]] = {"secret": "sk_", "public": "pk_"}


def public_twin(secret_key: str) -> str:
    """Return the public key that every environment has from the start: ``pk_x`` beside ``sk_x``."""
    return STARTS["public"] + secret_key.removeprefix(STARTS["secret"])


def begin(environment: Environment) -> None:
    """Give an environment that has no keys its first two."""
    if environment.store.keys.all():
        return
    at, name = stamp(environment.clock.now()), environment.name
    environment.store.keys.add([Key(name, "secret", at), Key(public_twin(name), "public", at)])


def create(
    environment: Environment, kind: Kind, *, token: str | None = None, expires_at: datetime | None = None
) -> Key:
    """Give an environment one more key.

    Args:
        environment: whose data it opens.
        kind: secret or public.
        token: the key; None: one is made up.
        expires_at: from when on it is refused; None: never.

    Raises:
        InvalidParams: the key does not look like one of its kind, or is there already.
    """
    if token is None:
        token = PREFIXES[kind] + environment.ids.uuid().replace("-", "")
    if not token.startswith(STARTS[kind]) or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidParams.at("token", f"is no {kind} key: it begins with {STARTS[kind]}", kind="pattern")
    if environment.store.keys.get(token) is not None:
        raise InvalidParams.at("token", "is in use", kind="unique")
    key = Key(token, kind, stamp(environment.clock.now()), None if expires_at is None else stamp(expires_at))
    environment.store.keys.add([key])
    return key


def revoke(environment: Environment, token: str) -> Key:
    """Refuse a key from now on (AUTH-REVOKED-KEY-401); a second time changes nothing.

    Raises:
        NotFound: it is no key of this environment.
    """
    key = _found(environment, token)
    if key.revoked_at is None:
        key = key._replace(revoked_at=stamp(environment.clock.now()))
        environment.store.keys.change(key)
    return key


def expire(environment: Environment, token: str, *, at: datetime | None) -> Key:
    """Refuse a key as expired from a moment on (AUTH-EXPIRED-KEY).

    Args:
        environment: whose key it is.
        token: the key.
        at: the moment, by the clock of the environment; None: it does not expire.

    Raises:
        NotFound: it is no key of this environment.
    """
    key = _found(environment, token)._replace(expires_at=None if at is None else stamp(at))
    environment.store.keys.change(key)
    return key


def _found(environment: Environment, token: str) -> Key:
    key = environment.store.keys.get(token)
    if key is None:
        raise NotFound("This key")
    return key
