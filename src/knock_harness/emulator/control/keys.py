"""The keys of an environment, and the key that user tokens are signed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knock_harness.emulator.clock import moment, stamp
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.refusals import InvalidParams
from knock_harness.emulator.user_tokens import public_half

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from knock_harness.emulator.keys import Key

    from .call import ControlCall, Handler

__all__ = ["HANDLERS"]


def list_keys(call: ControlCall) -> Reply:
    """List the keys."""
    return Reply(200, {"keys": [_shown(each, now=call.now) for each in call.environment.store.keys.all()]})


def create_key(call: ControlCall) -> Reply:
    """Give the environment one more key."""
    key = call.emulator.create_key(
        call.environment.name, call.body["kind"], token=call.body.get("key"), expires_at=_expires_at(call)
    )
    return Reply(200, _shown(key, now=call.now))


def revoke_key(call: ControlCall) -> Reply:
    """Refuse a key from now on."""
    return Reply(200, _shown(call.emulator.revoke_key(call.environment.name, call.body["key"]), now=call.now))


def expire_key(call: ControlCall) -> Reply:
    """Let a key expire."""
    key = call.emulator.expire_key(call.environment.name, call.body["key"], at=_expires_at(call))
    return Reply(200, _shown(key, now=call.now))


def get_signing_key(call: ControlCall) -> Reply:
    """Return the public half of the key that user tokens are signed with."""
    return Reply(200, {"public_key": call.environment.settings.signing_key})


def set_signing_key(call: ControlCall) -> Reply:
    """Let user tokens be signed with another key."""
    given = call.body["key"]
    try:
        public = None if given is None else public_half(given)
    except ValueError as error:
        raise InvalidParams.at("key", str(error)) from None
    call.environment.configure(signing_key=public)
    return get_signing_key(call)


def _expires_at(call: ControlCall) -> datetime | None:
    text = call.body.get("expires_at")
    try:
        return None if text is None else moment(text)
    except ValueError:
        raise InvalidParams.at("expires_at", "is no moment") from None


def _shown(key: Key, *, now: datetime) -> dict[str, Any]:
    is_expired = key.expires_at is not None and key.expires_at <= stamp(now)
    return {
        "key": key.token,
        "kind": key.kind,
        "status": "revoked" if key.revoked_at is not None else "expired" if is_expired else "valid",
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


HANDLERS: Final[Mapping[str, Handler]] = {
    "listKeys": list_keys,
    "createKey": create_key,
    "revokeKey": revoke_key,
    "expireKey": expire_key,
    "getSigningKey": get_signing_key,
    "setSigningKey": set_signing_key,
}
