"""Who may pass, beyond the key itself: user tokens, what they allow, and how often.

A request is looked at in this order: is the key known and still good, is there such an operation, may this kind of key
call it, whom does the user token speak for, is the path that user's, is the budget spent. Then it is read, and last it
is held against the grants and the messages that it names: only then is it known what it is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .credentials import permit
from .grants import NEEDED, object_in_question, tenants_in_question
from .references import USERS, Ref
from .refusals import Forbidden
from .user_tokens import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from knock_harness.contract import Match

    from .call import Call
    from .credentials import Credential
    from .environment import Environment
    from .exchange import Request
    from .user_tokens import UserToken

__all__ = ["admit", "permit_use"]

#: The fields by which a bulk update names recipients; without them it is about everybody's messages.
RECIPIENT_FIELDS: Final = ("recipient_ids", "user_ids")


def admit(
    credential: Credential, request: Request, match: Match, environment: Environment, *, now: datetime
) -> UserToken | None:
    """Let a request to an operation pass, and say whom its user token speaks for (None: there is none to look at).

    A secret key may do everything, whatever comes with it (AUTH-SECRET-KEY-ALL).

    Raises:
        Forbidden: the key or the user token does not permit this.
    """
    if credential.kind == "secret":
        return None
    permit(credential, secret_only=match.operation.secret_only)
    text = request.header(HEADER)
    if not text:
        if environment.settings.enhanced_security:  # TOKEN-REQUIRED-WHEN-ON
            raise Forbidden("missing_user_token", "This environment takes a user token beside a public key")
        return None  # TOKEN-OPTIONAL-WHEN-OFF
    token = environment.user_tokens.read(text, now=now)
    if match.path.get("user_id", token.user_id) != token.user_id:
        raise _not_permitted()  # TOKEN-SUBJECT-BOUND
    return token


def permit_use(call: Call, token: UserToken) -> None:
    """Let a valid request pass that came with a user token.

    Raises:
        Forbidden: it is about what the user has no right to.
    """
    needed = NEEDED[call.operation.id]
    ref = object_in_question(call.path, call.query)
    if ref is not None:
        if not token.grants.cover_object(needed, ref):
            raise _not_permitted()
        return
    tenants: Iterable[str | None] = tenants_in_question(call.operation.id, call.path, call.query, call.body)
    if ids := _message_ids(call):
        owners = call.store.messages.owners(ids)
        if any(owner != Ref(USERS, token.user_id) for owner, _ in owners):
            raise _not_permitted()  # TOKEN-SUBJECT-MESSAGES
        tenants = {tenant for _, tenant in owners} or {None}
    elif "action" in call.path and not _names_only(call.body, token.user_id):
        raise _not_permitted()
    if not all(token.grants.cover_user(needed, token.user_id, tenant=each) for each in tenants):
        raise _not_permitted()


def _message_ids(call: Call) -> Sequence[str]:
    """Return the messages that a request names; those of guides are none."""
    if "user_id" in call.path:
        return ()
    if "message_id" in call.path:
        return [call.path["message_id"]]
    named: Sequence[str] = (call.body or {}).get("message_ids", ())
    return named


def _names_only(body: object, user_id: str) -> bool:
    """Say whether a bulk update is about the messages of one user and nobody else's."""
    named = [body[field] for field in RECIPIENT_FIELDS if field in body] if isinstance(body, dict) else []
    return bool(named) and all(each == user_id for ids in named for each in ids)


def _not_permitted() -> Forbidden:
    return Forbidden("authorization", "The user token does not permit this")
