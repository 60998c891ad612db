"""Data warehouses that sync audiences: Census and Hightouch, each by its own methods over JSON-RPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from knock_harness.emulator.clock import stamp
from knock_harness.emulator.exchange import Reply
from knock_harness.emulator.references import LONGEST_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from knock_harness.emulator.call import Call, Handler

__all__ = ["HANDLERS"]

OBJECT: Final = "audience"
USER_ID: Final = "user_id"
AUDIENCE_KEY: Final = "audience_key"
TENANT: Final = "tenant"

UNKNOWN_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602

#: Answers one method from its parameters.
Method: TypeAlias = "Callable[[Call, Mapping[str, Any]], dict[str, Any]]"


class RpcError(Exception):
    """A call that is answered with an error, under its own id."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Rejected(Exception):
    """A single record that cannot be synced; the others go on."""


def process_census_rpc_request(call: Call) -> Reply:
    """Answer a call of Census, which syncs into audiences that exist (RPC-CENSUS-SYNC)."""
    return _answered(call, CENSUS)


def process_hightouch_rpc_request(call: Call) -> Reply:
    """Answer a call of Hightouch, which makes the audiences that it syncs into (RPC-HIGHTOUCH-SYNC)."""
    return _answered(call, HIGHTOUCH)


def _answered(call: Call, methods: Mapping[str, Method]) -> Reply:
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call.body["id"]}  # RPC-ECHO-ID
    try:
        method = methods.get(call.body["method"])
        if method is None:  # RPC-UNKNOWN-METHOD
            raise RpcError(UNKNOWN_METHOD, f"There is no method {call.body['method']!r}")
        answer["result"] = method(call, call.body.get("params") or {})
    except RpcError as error:
        answer["error"] = {"code": error.code, "message": error.message}
    return Reply(200, answer)


def _census_fields(_call: Call, _params: Mapping[str, Any]) -> dict[str, Any]:
    def field(name: str, label: str, *, identifier: bool) -> dict[str, Any]:
        return {
            "field_api_name": name,
            "label": label,
            "identifier": identifier,
            "required": True,
            "createable": True,
            "updateable": False,
            "type": "string",
            "array": False,
        }

    return {
        "fields": [field(USER_ID, "User ID", identifier=True), field(AUDIENCE_KEY, "Audience key", identifier=False)]
    }


def _census_sync(call: Call, params: Mapping[str, Any]) -> dict[str, Any]:
    """Add the users of a batch to the audiences that its records name, or remove them."""
    operation = _map(params, "sync_plan").get("operation")
    if operation not in {"insert", "upsert", "mirror", "delete"}:  # a mirror sends its batches as upsert and delete
        raise RpcError(INVALID_PARAMS, f"The operation {operation!r} is not supported")
    results = []
    for record in _rows(params, "records"):
        result: dict[str, Any] = {"identifier": record.get(USER_ID), "success": True}
        try:
            key = _text(record, AUDIENCE_KEY)
            if key not in call.environment.project.audiences and not call.store.audiences.exists(key):
                raise Rejected(f"There is no audience {key!r}")
            _change(call, key, _text(record, USER_ID), None, removes=operation == "delete")
        except Rejected as reason:
            result |= {"success": False, "error_message": str(reason)}
        results.append(result)
    return {"record_results": results}


def _hightouch_sync(call: Call, params: Mapping[str, Any], *, removes: bool) -> dict[str, Any]:
    """Add the users of some rows to the audience of the configuration, or remove them."""
    configuration = _map(params, "configuration")
    try:
        key = _text(configuration, AUDIENCE_KEY)
    except Rejected as reason:
        raise RpcError(INVALID_PARAMS, str(reason)) from None
    call.store.audiences.create(key)
    columns = _columns(configuration)
    rejected = []
    for row in _rows(params, "rows"):
        try:
            tenant = row.get(columns.get(TENANT, TENANT))
            user_id = _text(row, columns.get(USER_ID, USER_ID))
            _change(call, key, user_id, tenant if isinstance(tenant, str) and tenant else None, removes=removes)
        except Rejected as reason:
            rejected.append({"id": row.get(str(params.get("idColumn"))), "reason": str(reason)})
    return {"rejectedRows": rejected}


def _columns(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Return from which column of a row each field comes."""
    mappings = [configuration.get("identifierMapping"), *(configuration.get("mappings") or ())]
    named = [each for each in mappings if isinstance(each, dict)]
    return {str(each["to"]): str(each["from"]) for each in named if each.get("to") and each.get("from")}


def _change(call: Call, key: str, user_id: str, tenant: str | None, *, removes: bool) -> None:
    if removes:
        call.store.audiences.remove(key, user_id, tenant)
    else:
        call.store.audiences.add(key, user_id, tenant, at=stamp(call.now))


def _map(params: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = params.get(name)
    if not isinstance(value, dict):
        raise RpcError(INVALID_PARAMS, f"{name} is an object")
    return value


def _rows(params: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = params.get(name)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise RpcError(INVALID_PARAMS, f"{name} is a list of objects")
    return value


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not 0 < len(text) <= LONGEST_ID:
        raise Rejected(f"{name} is a text of 1 to {LONGEST_ID} characters")
    return text


def _always(result: dict[str, Any]) -> Method:
    return lambda _call, _params: result


#: The methods of Census (RPC-CENSUS-TEST-CONNECTION, RPC-CENSUS-DISCOVERY).
CENSUS: Final[Mapping[str, Method]] = {
    "test_connection": _always({"success": True}),
    "list_objects": _always({"objects": [{"object_api_name": OBJECT, "label": "Audiences"}]}),
    "list_fields": _census_fields,
    "supported_operations": _always({"operations": ["insert", "mirror"]}),
    "get_sync_speed": _always(
        {"maximum_batch_size": 500, "maximum_parallel_batches": 4, "maximum_records_per_second": 1000}
    ),
    "sync_batch": _census_sync,
}

#: The methods of Hightouch.
HIGHTOUCH: Final[Mapping[str, Method]] = {
    "list_objects": _always({"objects": [{"id": OBJECT, "label": "Audiences"}]}),
    "list_modes": _always(
        {
            "modes": [
                {"id": "insert", "label": "Insert only", "description": "New rows are added to the audience."},
                {"id": "mirror", "label": "Mirror", "description": "The audience follows the rows."},
            ]
        }
    ),
    "list_fields": _always(
        {
            "fields": [
                {"id": USER_ID, "label": "User ID", "type": "STRING", "identifier": True, "required": True},
                {"id": TENANT, "label": "Tenant", "type": "STRING"},
            ]
        }
    ),
    "list_options": _always(
        {
            "options": {
                "schema": {
                    "type": "object",
                    "required": [AUDIENCE_KEY],
                    "properties": {AUDIENCE_KEY: {"title": "Audience key", "type": "string", "minLength": 1}},
                }
            }
        }
    ),
    "validate": lambda _call, params: {
        "errors": [] if _map(params, "configuration").get(AUDIENCE_KEY) else [f"{AUDIENCE_KEY} is required"]
    },
    "behavior": _always(
        {
            "batchSize": 500,
            "operations": {"add": True, "change": False, "remove": True},
            "skipInitialRun": False,
        }
    ),
    "add": lambda call, params: _hightouch_sync(call, params, removes=False),
    "remove": lambda call, params: _hightouch_sync(call, params, removes=True),
}

HANDLERS: Final[Mapping[str, Handler]] = {
    "processCensusRpcRequest": process_census_rpc_request,
    "processHightouchRpcRequest": process_hightouch_rpc_request,
}
