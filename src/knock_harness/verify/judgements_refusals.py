"""Judges of refusals: their form, and that what must be refused is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .documented import Broken, brief

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from .answers import Answer, Flaw
    from .documented import Finding

__all__ = ["JUDGES"]

_REQUIRED = frozenset({"required"})
_UNIONS = frozenset({"anyOf", "oneOf"})
_TYPED = frozenset({"required", "type"}) | _UNIONS
_RESERVED = frozenset({"name", "email", "avatar", "phone_number", "locale", "timezone"})
_GUIDE = frozenset({"channel_id", "guide_id", "guide_key", "guide_step_ref", "content"})
_LONGEST_USER_ID = 256


def _enveloped(answer: Answer) -> Finding:
    """Judge every refusal but the 400 of the idempotency middleware, which is seen with a single field `error`."""
    if not 400 <= answer.status < 500 or (answer.status == 400 and "error" in answer.error):
        return None
    error = answer.error
    texts = all(isinstance(error.get(name), str) for name in ("code", "message", "type"))
    if texts and _is_integer(error.get("status")):
        return True
    return Broken("a JSON object with texts code, message and type and an integer status", brief(answer.json))


def _status_repeated(answer: Answer) -> Finding:
    if not 400 <= answer.status < 500 or "status" not in answer.error:
        return None
    found = answer.error["status"]
    return True if found == answer.status else Broken(f"status {answer.status} in the body too", brief(found))


def _typed(answer: Answer) -> Finding:
    wanted = {401: "authentication_error", 403: "authentication_error"}.get(answer.status)
    if answer.status in {400, 404, 422}:
        wanted = "invalid_request_error"
    if wanted is None or "type" not in answer.error:
        return None
    found = answer.error["type"]
    return True if found == wanted else Broken(f"type {wanted}", brief(found))


def _fields_listed(answer: Answer) -> Finding:
    """Judge the 422 of a body that breaks the contract; clients cope with a single object in place of the list."""
    names = {flaw.field.rpartition(".")[2] for flaw in answer.flaws if flaw.location == "body" and flaw.field} - {"*"}
    if answer.status != 422 or not names:
        return None
    errors = answer.error.get("errors")
    entries = errors if isinstance(errors, list) else [errors]
    if not entries or not all(_is_field_error(entry) for entry in entries):
        return Broken("errors, each with field, message and type", f"errors {brief(errors)}")
    if any(flaw.keyword in _UNIONS for flaw in answer.flaws):
        return True  # of which alternative the server speaks, and how deep in it the fault lies, is open
    named = " ".join(entry["field"] for entry in entries if entry)
    if any(name in named for name in names | {flaw.field.partition(".")[0] for flaw in answer.flaws}):
        return True
    return Broken(f"a field that names {' or '.join(sorted(names))}", f"fields {named!r}")


def _is_field_error(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("field"), str):
        return False
    return isinstance(entry.get("message"), str) and isinstance(entry.get("type"), str | None)


def _invalid_params(answer: Answer) -> Finding:
    """Judge flaws of what is called parameters; an impossible id in a path may be reported as what it names."""
    if answer.status != 422 or not any(flaw.location in {"body", "query"} for flaw in answer.flaws):
        return None
    code = answer.error.get("code")
    return True if code == "invalid_params" else Broken("code invalid_params", brief(code))


def _provider_enveloped(answer: Answer) -> Finding:
    return _enveloped(answer) if answer.status == 403 else None


def _refused(
    *fields: str,
    location: str = "body",
    keywords: Collection[str] = _REQUIRED,
    status: int | None = None,
) -> Callable[[Answer], Finding]:
    """Return a judge for requests with a flaw at one of these fields that no server may let pass.

    Args:
        fields: as flaws name them; what lies below is another field.
        location: where the fields are.
        keywords: the constraints that count.
        status: the only one that will do; None: any 4xx.
    """

    def concerns(flaw: Flaw) -> bool:
        if flaw.location != location or flaw.lenient:
            return False
        if not flaw.field and location == "body":
            # no body, or one that is no object: every field is missing
            return "required" in keywords and flaw.keyword in {"required", "type"}
        return flaw.keyword in keywords and flaw.field in fields

    def judge(answer: Answer) -> Finding:
        found = next((flaw for flaw in answer.flaws if concerns(flaw)), None) if answer.flaws else None
        if found is None or not _tells(answer):
            return None
        if answer.status == status or (status is None and 400 <= answer.status < 500):
            return True
        return Broken(f"{status or 'a 4xx'}, as the request is invalid ({found})", f"status {answer.status}")

    return judge


def _refused_if(flawed: Callable[[Answer], bool], *, because: str) -> Callable[[Answer], Finding]:
    """Return a judge for requests that a server has to refuse for a reason of its own."""

    def judge(answer: Answer) -> Finding:
        if not _tells(answer) or not flawed(answer):
            return None
        if 400 <= answer.status < 500:
            return True
        return Broken(f"a 4xx, as {because}", f"status {answer.status}")

    return judge


def _tells(answer: Answer) -> bool:
    """Say whether the answer says something about the request, and not about the key or the rate limit."""
    return answer.credential == "secret" and answer.status != 429


def _has_flaw(keyword: str, location: str = "body") -> Callable[[Answer], bool]:
    return lambda answer: any(flaw.keyword == keyword and flaw.location == location for flaw in answer.flaws)


def _above_limit(answer: Answer) -> bool:
    """Say whether a list is too long and nothing else is wrong: a refusal would say nothing about the length."""
    return bool(answer.flaws) and all(flaw.keyword == "maxItems" and "." not in flaw.field for flaw in answer.flaws)


def _holds_no_recipient(answer: Answer) -> bool:
    recipients = answer.body.get("recipients") if isinstance(answer.body, dict) else None
    return isinstance(recipients, list) and not all(isinstance(each, str | dict) for each in recipients)


def _recipients_needed(answer: Answer) -> Finding:
    """Judge the list and the kind of its members; what a member holds has requirements of its own."""
    found = _refused("recipients", keywords=_TYPED)(answer)
    return found or _refused_if(_holds_no_recipient, because="a recipient is neither an id nor a map")(answer)


def _recipient_without_id(answer: Answer) -> bool:
    recipients = answer.body.get("recipients") if isinstance(answer.body, dict) else None
    if not isinstance(recipients, list):
        return False
    return any(isinstance(each, dict) and "id" not in each for each in recipients)


def _forbidden_user_id(answer: Answer) -> bool:
    id_ = answer.path.get("user_id", "")
    return len(id_) > _LONGEST_USER_ID or "/" in id_ or "#" in id_


def _nested_filter(answer: Answer) -> Finding:
    filter_ = answer.query.get("trigger_data")
    if answer.credential != "secret" or not isinstance(filter_, dict):
        return None
    if not any(isinstance(value, dict | list) for value in filter_.values()):
        return None
    if answer.status == 422 and answer.error.get("code") == "invalid_params":
        return True
    return Broken("422 with code invalid_params", f"status {answer.status}, code {brief(answer.error.get('code'))}")


def _filter_is_no_object(answer: Answer) -> bool:
    return "trigger_data" in answer.query and not isinstance(answer.query["trigger_data"], dict)


def _workflow_needed(answer: Answer) -> Finding:
    if "workflow" not in answer.query:
        return _refused("workflow", location="query")(answer)
    if not answer.accepted:
        return None
    others = {each.get("workflow") for each in answer.records} - {answer.query["workflow"]}
    return (
        Broken(f"schedules of {answer.query['workflow']!r} only", brief(sorted(map(str, others)))) if others else True
    )


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_BULK_LISTS = ("users", "user_ids", "objects", "object_ids", "subscriptions", "tenants", "schedules")


def _bulk_list_needed(answer: Answer) -> Finding:
    if answer.operation.id == "bulkDeleteTenants":
        return _refused("tenant_ids", location="query")(answer)
    return _refused(*_BULK_LISTS, keywords=_TYPED)(answer)


JUDGES: Mapping[str, Callable[[Answer], Finding]] = {
    "ERR-ENVELOPE-ALL": _enveloped,
    "ERR-STATUS-FIELD": _status_repeated,
    "ERR-TYPE-VALUES": _typed,
    "ERR-422-FIELD-LIST": _fields_listed,
    "ERR-422-CODE": _invalid_params,
    "ERR-MALFORMED-JSON": _refused_if(_has_flaw("json"), because="the body is no JSON"),
    "ERR-PROVIDER-ENVELOPE": _provider_enveloped,
    "TRIGGER-RECIPIENTS-REQUIRED": _recipients_needed,
    "CANCEL-KEY-REQUIRED": _refused("cancellation_key"),
    "LEGACY-NOTIFY-REQUIRED": _refused("name", "actor", "recipients"),
    "LEGACY-CANCEL-REQUIRED": _refused("name", "cancellation_key"),
    "SCHED-REQUIRED": _refused("workflow", "recipients"),
    "SCHED-LIST-WORKFLOW-REQUIRED": _workflow_needed,
    "MSGBATCH-IDS-REQUIRED": _refused("message_ids", "message_ids.*", keywords=_TYPED),
    "GUIDE-ACTION-REQUIRED": _refused(*_GUIDE),
    "PROV-OBJECT-REQUIRED": _refused("access_token_object", "ms_teams_tenant_object", location="query"),
    "RPC-REQUIRED-FIELDS": _refused("id", "method", "jsonrpc", "params", keywords=_TYPED),
    "USER-MERGE-FROM-REQUIRED": _refused("from_user_id"),
    "USER-RESERVED-FIELDS-TYPED": _refused(*_RESERVED, keywords=_TYPED - _REQUIRED, status=422),
    "CHDATA-DATA-REQUIRED": _refused_if(
        lambda answer: isinstance(answer.body, dict) and answer.body.get("data") is None,
        because="there is no data",
    ),
    "AUDIENCE-MEMBER-ID-REQUIRED": _refused("members", "members.*.user", "members.*.user.id"),
    "BULK-LIST-REQUIRED": _bulk_list_needed,
    "INLINE-ID-REQUIRED": _refused_if(_recipient_without_id, because="a recipient has no id"),
    "HTTP-DELETE-BODY": _refused_if(_has_flaw("required"), because="the body, or part of it, is missing"),
    "PATH-ID-FORBIDDEN": _refused_if(
        _forbidden_user_id, because="a user id has no more than 256 characters, no / and no #"
    ),
    "CROSS-LIMIT-EXCEEDED": _refused_if(_above_limit, because="the list is longer than the limit"),
    "TRIGGER-DATA-NESTED-422": _nested_filter,
    "TRIGGER-DATA-NOT-JSON": _refused_if(_filter_is_no_object, because="trigger_data is no JSON object"),
}
