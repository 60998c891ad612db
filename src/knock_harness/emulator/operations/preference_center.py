"""The hosted page on which users set their preferences: what it shows, and links to it."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final

import msgspec

from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.identifiers import named_uuid
from knock_harness.emulator.references import USERS
from knock_harness.emulator.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.emulator.call import Call, Handler
    from knock_harness.emulator.store.recipients import Record

__all__ = ["HANDLERS", "signed"]

COMMERCIAL: Final = {"type": "commercial_subscribed", "name": "Commercial messages"}
_BRANDING: Final = ("icon_url", "logo_url", "primary_color", "primary_color_contrast")


def get_preference_center_config(call: Call) -> Reply:
    """Return what the page shows; only the name of the user differs from user to user (PREFCENTER-CONFIG-PER-ENV)."""
    user, project = _user(call), call.environment.project
    config = project.preference_center.get("config") or {}
    rows = list(config.get("rows") or ())
    if all(row["type"] != COMMERCIAL["type"] for row in rows):  # PREFCENTER-COMMERCIAL-ROW
        rows.append(COMMERCIAL)
    branding = project.account.branding
    answer = {
        "enabled": bool(project.preference_center.get("enabled")),
        "account_name": project.account.name,
        "user_email": user.properties.get("email") or user.id,  # PREFCENTER-USER-LABEL
        "knock_branding_required": project.account.branding_required,
        "branding": {**_colours(branding), "dark": _colours(branding.get("dark") or {})},
        "config": {
            "title": config.get("title") or "",
            "body": config.get("body") or "",
            "show_account_name": bool(config.get("show_account_name", True)),
            "rows": rows,
        },
    }
    return Reply(200, answer)


def generate_preference_center_signed_url(call: Call) -> Reply:
    """Make a link that speaks for a user and never expires (PREFCENTER-URL-PER-USER, PREFCENTER-URL-NO-EXPIRY)."""
    user = _user(call)
    claims = {"iss": named_uuid(f"environment:{call.environment.name}"), "sub": user.id}
    token = signed(claims, key=call.environment.name)
    return Reply(200, {"token": token, "url": f"{call.request.base_url}/p/{token}"})


def signed(claims: Mapping[str, Any], *, key: str) -> str:
    """Return claims as a JSON Web Token (HS256)."""
    parts = [_encoded(msgspec.json.encode(each)) for each in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.digest(key.encode(), ".".join(parts).encode(), "sha256")
    return ".".join([*parts, _encoded(signature)])


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).decode("ascii").rstrip("=")


def _colours(branding: Mapping[str, Any]) -> dict[str, Any]:
    return {name: branding.get(name) for name in _BRANDING}


def _user(call: Call) -> Record:
    user = call.store.recipients.get(USERS, call.path["user_id"])
    if user is None:
        raise NotFound("This user")
    return user


HANDLERS: Final[Mapping[str, Handler]] = {
    "generatePreferenceCenterSignedUrl": generate_preference_center_signed_url,
    "getPreferenceCenterConfig": get_preference_center_config,
}
