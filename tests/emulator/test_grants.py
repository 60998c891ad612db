from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.emulator.exchange import Request
from knock_harness.emulator.grants import NEEDED, read_grants
from knock_harness.emulator.references import TENANTS, USERS, Ref

from .test_user_tokens import Asked, asked, refusal, with_token

if TYPE_CHECKING:
    import httpx

    from knock_harness.contract import Operation
    from knock_harness.emulator import Emulator
    from knock_harness.emulator.environment import Environment

__all__ = ["asked"]  # a fixture that is shared

Sign = Callable[..., str]
Draw = Callable[..., Request]

PUBLIC = "pk_test_tests"
ROOT = "https://api.knock.app/v1"
TOKEN = "x-knock-user-token"
OPERATIONS = contract.load().operations
#: The grants for what is a user's own, as they are promised, and who takes each.
USER_GRANTS = {
    "user/read": ["getUser"],
    "user/write": ["identifyUser"],
    "user/feed_read": ["listUserInAppFeedItems"],
    "user/feed_write": ["markMessageSeen", "batchMarkMessagesAsRead", "bulkUpdateMessagesForChannel"],
    "user/guide_read": ["listUserGuides"],
    "user/guide_write": ["markUserGuideAsSeen", "markUserGuideMessageAsArchived"],
    "preferences/read": ["getUserPreferenceSet", "listUserPreferenceSets"],
    "preferences/write": ["updateUserPreferenceSet"],
    "channel_data/read": ["getUserChannelData"],
    "channel_data/write": ["setUserChannelData", "unsetUserChannelData"],
}


def provider_grants(operation: Operation) -> tuple[str, str]:
    """Return the grant that an operation on a provider takes, as it is promised, and that of the other provider."""
    slack, teams = "slack/channels_read", "ms_teams/channels_read"
    return (slack, teams) if "slack" in operation.id.lower() else (teams, slack)


def bound_by(requirement: str) -> pytest.MarkDecorator:
    """Run a test for each operation that a requirement names."""
    operations = [OPERATIONS[each] for each in requirements.load()[requirement].operations]
    return pytest.mark.parametrize("operation", operations, ids=[each.id for each in operations])


def granted(**resources: list[str]) -> dict[str, Any]:
    """Return the claims of a token that may do nothing but what is granted, by the paths of resources."""
    grants = {f"{ROOT}{path}": {name: [{}] for name in names} for path, names in resources.items()}
    return {"explicit_grants": True, "grants": grants}


def on_user(user: str, *names: str) -> dict[str, Any]:
    return granted(**{f"/users/{user}": list(names)})


# The table


def test_every_operation_of_public_keys_takes_a_grant() -> None:
    assert NEEDED.keys() == {each.id for each in OPERATIONS.values() if not each.secret_only}


@pytest.mark.promise("GRANT-MAP", "GRANT-EXPLICIT-ONLY")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize("grant", USER_GRANTS)
@pytest.mark.parametrize(
    ("needed", "operation"),
    [pytest.param(each, OPERATIONS[name], id=name) for each, names in USER_GRANTS.items() for name in names],
)
def test_each_grant_opens_its_own_operations(
    asked: Asked, emulator: Emulator, sign: Sign, grant: str, needed: str, operation: Operation
) -> None:
    request, user = asked(operation)

    answer = emulator.handle(with_token(request, sign(user, **on_user(user, grant))))

    assert answer.status == (operation.success if grant == needed else 403)


@pytest.mark.promise("GRANT-EXPLICIT-ONLY", "AUTH-PERMISSION-403")
@pytest.mark.usefixtures("secure")
@bound_by("GRANT-EXPLICIT-ONLY")
def test_with_explicit_grants_what_is_not_granted_is_refused(
    asked: Asked, emulator: Emulator, environment: Environment, sign: Sign, operation: Operation
) -> None:
    request, user = asked(operation)
    others = sorted(set(NEEDED.values()) - {NEEDED[operation.id]})
    before = environment.store.connection.serialize()

    none = emulator.handle(with_token(request, sign(user, explicit_grants=True)))
    other = emulator.handle(with_token(request, sign(user, **on_user(user, *others))))

    assert [refusal(each) for each in (none, other)] == [(403, "authorization")] * 2
    assert environment.store.connection.serialize() == before


@pytest.mark.promise("GRANT-EXPLICIT-ONLY", "GRANT-VALUE-FORMS")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize("value", [[], [{}], [{"except": [{"id": "x"}]}]], ids=str)
@bound_by("GRANT-VALUE-FORMS")
def test_what_is_granted_is_admitted_however_the_list_is_written(
    asked: Asked, emulator: Emulator, sign: Sign, operation: Operation, value: list[Any]
) -> None:
    request, user = asked(operation)
    grants = {f"{ROOT}/users/{user}": {NEEDED[operation.id]: value}}

    answer = emulator.handle(with_token(request, sign(user, explicit_grants=True, grants=grants)))

    assert answer.status == operation.success


@pytest.mark.promise("GRANT-KEY-MATCHES-SUB")
@pytest.mark.usefixtures("secure")
@bound_by("GRANT-KEY-MATCHES-SUB")
def test_grants_under_another_user_open_nothing(
    asked: Asked, emulator: Emulator, sign: Sign, operation: Operation
) -> None:
    request, user = asked(operation)
    names = sorted(set(NEEDED.values()))

    own = emulator.handle(with_token(request, sign(user, **on_user("ben", *names))))
    foreign = emulator.handle(with_token(request, sign("ben", **on_user(user, *names))))

    assert (own.status, foreign.status) == (403, 403)


@pytest.mark.promise("GRANT-KEY-MATCHES-SUB")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize("user", ["ada@example.com", "a b", "ä", "a+b"])
@pytest.mark.parametrize("write", [str, quote], ids=["raw", "escaped"])
def test_ids_in_the_urls_of_grants_may_be_escaped(
    public: httpx.Client, api: httpx.Client, sign: Sign, user: str, write: Callable[[str], str]
) -> None:
    api.put(f"/v1/users/{quote(user)}", json={})
    token = sign(user, **on_user(write(user), "user/read"))

    assert public.get(f"/v1/users/{quote(user)}", headers={TOKEN: token}).status_code == 200


@pytest.mark.promise("GRANT-EXPLICIT-ONLY")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize(
    "grants",
    [
        None,
        [],
        "user/read",
        {f"{ROOT}/users/ada": None},
        {f"{ROOT}/users/ada": ["user/read"]},
        {f"{ROOT}/users/ada": {"user/read": None}},
        {f"{ROOT}/users/ada": {"user/read": True}},
        {f"{ROOT}/users/ada": {"user/*": []}},
        {f"{ROOT}/users/ada": {"*": []}},
        {f"{ROOT}/users/*": {"user/read": []}},
        {f"{ROOT}/users": {"user/read": []}},
        {f"{ROOT}/users/ada/feeds": {"user/read": []}},
        {f"{ROOT}/objects/users/ada": {"user/read": []}},
        {"https://example.com/v1/users/ada": {"user/read": []}},
        {"http://emulator.test/v1/users/ada": {"user/read": []}},
        {"/v1/users/ada": {"user/read": []}},
        {"ada": {"user/read": []}},
    ],
    ids=str,
)
def test_what_is_no_grant_opens_nothing(public: httpx.Client, sign: Sign, grants: Any) -> None:
    token = sign("ada", explicit_grants=True, grants=grants)

    assert public.get("/v1/users/ada", headers={TOKEN: token}).status_code == 403


@pytest.mark.promise("GRANT-DEFAULT-ALL")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize("explicit", [False, None, "true", 1, "yes"], ids=repr)
def test_only_true_makes_grants_explicit(public: httpx.Client, api: httpx.Client, sign: Sign, explicit: Any) -> None:
    api.put("/v1/users/ada", json={})
    token = sign("ada", explicit_grants=explicit, grants={})

    assert public.get("/v1/users/ada", headers={TOKEN: token}).status_code == 200


# Tenants


@pytest.fixture
def feeds(public: httpx.Client, feed: str, sign: Sign) -> Callable[..., list[int]]:
    """Read ada's feed for the tenant acme, for another one and for none, and return the statuses."""

    def feeds(**resources: list[str]) -> list[int]:
        headers = {TOKEN: sign("ada", **granted(**resources))}
        queries: list[dict[str, str]] = [{"tenant": "acme"}, {"tenant": "other"}, {}]
        return [public.get(feed, params=each, headers=headers).status_code for each in queries]

    return feeds


FORMS = pytest.mark.parametrize("tenant", ["/tenants/acme", "/objects/$tenants/acme"])


@pytest.mark.promise("GRANT-TENANT-FEED-ONLY", "GRANT-TENANT-URL-FORMS")
@pytest.mark.usefixtures("secure")
@FORMS
def test_a_grant_under_a_tenant_opens_the_feed_of_that_tenant(feeds: Callable[..., list[int]], tenant: str) -> None:
    assert feeds(**{tenant: ["user/feed_read"]}) == [200, 403, 403]


@pytest.mark.promise("GRANT-TENANT-AND-USER", "GRANT-TENANT-URL-FORMS")
@pytest.mark.usefixtures("secure")
@FORMS
def test_grants_under_both_open_the_feed_of_the_tenant_and_that_of_none(
    feeds: Callable[..., list[int]], tenant: str
) -> None:
    assert feeds(**{"/users/ada": ["user/feed_read"], tenant: ["user/feed_read"]}) == [200, 403, 200]


@pytest.mark.usefixtures("secure")
def test_a_grant_under_the_user_alone_is_not_confined_to_tenants(feeds: Callable[..., list[int]]) -> None:
    assert feeds(**{"/users/ada": ["user/feed_read"]}) == [200, 200, 200]


@pytest.mark.usefixtures("secure")
def test_another_grant_under_a_tenant_does_not_confine(feeds: Callable[..., list[int]]) -> None:
    both = {"/users/ada": ["user/feed_read"], "/tenants/acme": ["preferences/read"]}

    assert feeds(**both) == [200, 200, 200]


@pytest.mark.promise("GRANT-TENANT-PREFERENCES")
@pytest.mark.usefixtures("secure")
@FORMS
@pytest.mark.parametrize(("method", "grant"), [("GET", "preferences/read"), ("PUT", "preferences/write")])
def test_grants_under_a_tenant_open_its_preferences(
    public: httpx.Client, api: httpx.Client, sign: Sign, tenant: str, method: str, grant: str
) -> None:
    path = "/v1/users/ada/preferences"
    for each in ("acme", "other", "default"):
        api.put(f"{path}/{each}", json={"workflows": {"welcome": True}})
    headers = {TOKEN: sign("ada", **granted(**{tenant: [grant]}))}
    body = {} if method == "GET" else {"json": {}}

    statuses = [
        public.request(method, f"{path}/{each}", headers=headers, **body).status_code  # type: ignore[arg-type]  # json
        for each in ("acme", "other", "default")
    ]

    assert statuses == [200, 403, 403]


@pytest.mark.promise("GRANT-TENANT-PREFERENCES")
@pytest.mark.usefixtures("secure")
def test_a_tenant_in_the_query_is_a_tenant_as_well(public: httpx.Client, sign: Sign) -> None:
    headers = {TOKEN: sign("ada", **granted(**{"/tenants/acme": ["preferences/read"]}))}
    path = "/v1/users/ada/preferences"

    answers = [
        public.get(f"{path}/{each}", params={"tenant": tenant}, headers=headers).status_code
        for each, tenant in (("default", "acme"), ("default", "other"), ("other", "acme"))
    ]

    assert answers == [200, 403, 403]


@pytest.mark.usefixtures("secure")
def test_the_messages_of_a_tenant_are_opened_with_it(
    public: httpx.Client, send: Callable[..., str], sign: Sign
) -> None:
    token = sign("ada", **granted(**{"/tenants/acme": ["user/feed_write"]}))
    ids = [send("ada", tenant=tenant) for tenant in ("acme", "other", None)]

    statuses = [public.put(f"/v1/messages/{each}/seen", headers={TOKEN: token}).status_code for each in ids]

    assert statuses == [200, 403, 403]


# Objects and providers


@pytest.mark.promise("GRANT-OBJECT-CHANNEL-DATA")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize("explicit", [True, False])
@bound_by("GRANT-OBJECT-CHANNEL-DATA")
def test_channel_data_of_an_object_takes_a_grant(
    draw: Draw, emulator: Emulator, sign: Sign, operation: Operation, explicit: bool
) -> None:
    request = draw(operation, key=PUBLIC)
    match = contract.match(request.method, request.path)
    assert match is not None
    collection, object_id = match.path["collection"], match.path["object_id"]

    def status(*path: str, grant: str = NEEDED[operation.id]) -> int:
        grants = {f"{ROOT}/objects/{'/'.join(path)}": {grant: [{}]}}
        return emulator.handle(with_token(request, sign("ada", explicit_grants=explicit, grants=grants))).status

    assert status(collection, object_id) == operation.success
    assert status(collection, "p") == status("other", object_id) == 403
    assert status(collection, object_id, grant="user/read") == 403


@pytest.mark.promise("GRANT-PROVIDER-CHANNELS", "GRANT-TENANT-URL-FORMS")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize("explicit", [True, False])
@bound_by("GRANT-PROVIDER-CHANNELS")
def test_providers_take_a_grant_on_the_object_that_holds_the_token(
    draw: Draw, emulator: Emulator, sign: Sign, operation: Operation, explicit: bool
) -> None:
    request = draw(operation, key=PUBLIC)
    query = contract.wire.decode_query(operation, request.query)
    holder = query.get("access_token_object") or query["ms_teams_tenant_object"]

    needed, others = provider_grants(operation)

    def answer(*urls: str, grant: str = needed) -> int:
        grants = {f"{ROOT}{url}": {grant: [{}]} for url in urls}
        return emulator.handle(with_token(request, sign("ada", explicit_grants=explicit, grants=grants))).status

    path = f"/objects/{holder['collection']}/{holder['object_id']}"
    assert answer(path) == operation.success
    assert answer(path, grant=others) == 403
    assert answer() == answer(path + "x") == answer("/users/ada") == answer(path, grant="channel_data/read") == 403


@pytest.mark.promise("GRANT-PROVIDER-CHANNELS", "GRANT-TENANT-URL-FORMS")
@pytest.mark.usefixtures("secure")
@bound_by("GRANT-PROVIDER-CHANNELS")
def test_the_tenant_that_holds_the_token_may_be_named_as_a_tenant(
    draw: Draw, emulator: Emulator, sign: Sign, operation: Operation
) -> None:
    request = draw(operation, key=PUBLIC)
    query = contract.wire.decode_query(operation, request.query)
    holder = query.get("access_token_object") or query["ms_teams_tenant_object"]
    grants = {f"{ROOT}/tenants/{holder['object_id']}": {provider_grants(operation)[0]: []}}

    answer = emulator.handle(with_token(request, sign("ada", grants=grants)))

    assert (holder["collection"], answer.status) == (TENANTS, operation.success)


# Reading


def test_grants_are_read_by_resource() -> None:
    grants = read_grants(
        {
            f"{ROOT}/users/ada": {"user/read": [], "user/write": [{}]},
            f"{ROOT}/tenants/acme": {"user/feed_read": []},
            f"{ROOT}/objects/projects/p%2F1": {"channel_data/read": []},
        },
        explicit=True,
    )

    assert grants.given == {
        (Ref(USERS, "ada"), "user/read"),
        (Ref(USERS, "ada"), "user/write"),
        (Ref(TENANTS, "acme"), "user/feed_read"),
        (Ref("projects", "p/1"), "channel_data/read"),
    }
    assert grants.explicit


def test_a_refusal_for_lack_of_a_grant_has_the_common_body(public: httpx.Client, secure: None, sign: Sign) -> None:
    answer = public.get("/v1/users/ada", headers={TOKEN: sign("ada", explicit_grants=True)})

    assert json.loads(answer.text) | {"message": ...} == {
        "code": "authorization",
        "message": ...,
        "status": 403,
        "type": "authentication_error",
    }
