from __future__ import annotations

import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.emulator import Emulator
from knock_harness.emulator.exchange import Request
from knock_harness.emulator.settings import Settings
from knock_harness.emulator.user_tokens import HEADER, MOST_REMEMBERED, UserTokens, public_half

from .conftest import loaded, new_signing_key

if TYPE_CHECKING:
    import httpx

    from knock_harness.contract import Operation
    from knock_harness.emulator.answer import Answer
    from knock_harness.emulator.environment import Environment

    from .conftest import HandClock

Draw = Callable[..., Request]
Sign = Callable[..., str]

KEY, PUBLIC = "sk_test_tests", "pk_test_tests"
OPERATIONS = contract.load().operations
TOKEN = "x-knock-user-token"


def bound_by(requirement: str) -> pytest.MarkDecorator:
    """Run a test for each operation that a requirement names."""
    operations = [OPERATIONS[each] for each in requirements.load()[requirement].operations]
    return pytest.mark.parametrize("operation", operations, ids=[each.id for each in operations])


def refusal(answer: Answer) -> tuple[int, str]:
    """Return status and code of an answer; no code where it is none of a refusal."""
    body = json.loads(answer.content) if answer.content else {}
    return answer.status, body.get("code", "") if isinstance(body, dict) else ""


def encoded(value: Any) -> str:
    """Return a part of a token."""
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


Asked = Callable[..., tuple[Request, str]]


@pytest.fixture
def asked(draw: Draw, environment: Environment) -> Asked:
    """Return the plain request of an operation with the public key, and the user whose resources it is about."""

    def asked(operation: Operation, **other: Any) -> tuple[Request, str]:
        request = draw(operation, key=PUBLIC, **other)
        match = contract.match(request.method, request.path)
        assert match is not None
        body = json.loads(request.body or b"{}")
        if "user_id" in match.path:
            return request, match.path["user_id"]
        if "recipient_ids" in body:
            return request, body["recipient_ids"][0]
        ((owner, _),) = environment.store.messages.owners(body.get("message_ids") or [match.path["message_id"]])
        return request, owner.id

    return asked


def with_token(request: Request, token: str) -> Request:
    """Return a request with a user token."""
    return msgspec.structs.replace(request, headers=[*request.headers, (HEADER, token.encode())])


# Which requests take one


@pytest.mark.promise("TOKEN-REQUIRED-WHEN-ON")
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-REQUIRED-WHEN-ON")
def test_with_enhanced_security_a_public_key_takes_a_token(
    draw: Draw, emulator: Emulator, environment: Environment, operation: Operation
) -> None:
    request = draw(operation, key=PUBLIC)
    before = environment.store.connection.serialize()

    answer = emulator.handle(request)

    assert refusal(answer) == (403, "missing_user_token")
    assert environment.store.connection.serialize() == before


@pytest.mark.promise("TOKEN-REQUIRED-WHEN-ON")
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-REQUIRED-WHEN-ON")
def test_with_enhanced_security_a_secret_key_takes_none(draw: Draw, emulator: Emulator, operation: Operation) -> None:
    assert emulator.handle(draw(operation, key=KEY)).status == operation.success


@pytest.mark.promise("TOKEN-RS256-ACCEPTED", "TOKEN-TIME-CLAIMS-OPTIONAL", "GRANT-DEFAULT-ALL")
@pytest.mark.parametrize("enhanced", [True, False], ids=["enhanced", ""])
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-RS256-ACCEPTED")
def test_a_signed_token_opens_what_is_the_users(
    asked: Asked, emulator: Emulator, environment: Environment, sign: Sign, operation: Operation, enhanced: bool
) -> None:
    environment.configure(enhanced_security=enhanced)
    request, user = asked(operation)

    answer = emulator.handle(with_token(request, sign(user)))

    assert answer.status == operation.success, answer.content


@pytest.mark.promise("GRANT-DEFAULT-ALL")
@pytest.mark.usefixtures("secure")
@bound_by("GRANT-DEFAULT-ALL")
def test_grants_take_nothing_away_unless_they_are_explicit(
    asked: Asked, emulator: Emulator, sign: Sign, operation: Operation
) -> None:
    request, user = asked(operation)
    grants = {f"https://api.knock.app/v1/users/{user}": {"slack/channels_read": [{}]}}

    assert emulator.handle(with_token(request, sign(user, grants=grants))).status == operation.success


# What is refused everywhere


@pytest.fixture(scope="session")
def another_key() -> str:
    return new_signing_key()


@pytest.mark.promise("TOKEN-SUB-REQUIRED")
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-SUB-REQUIRED")
def test_a_token_without_a_subject_is_refused(
    asked: Asked, emulator: Emulator, sign: Sign, operation: Operation
) -> None:
    request, _ = asked(operation)

    assert refusal(emulator.handle(with_token(request, sign(None)))) == (403, "invalid_user_token")


@pytest.mark.promise("TOKEN-WRONG-KEY")
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-WRONG-KEY")
def test_a_token_that_somebody_else_signed_is_refused(
    asked: Asked, emulator: Emulator, sign: Sign, operation: Operation, another_key: str
) -> None:
    request, user = asked(operation)

    answer = emulator.handle(with_token(request, sign(user, key=another_key)))

    assert refusal(answer) == (403, "authorization")
    assert json.loads(answer.content)["type"] == "authentication_error"


@pytest.mark.promise("TOKEN-EXPIRED")
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-EXPIRED")
def test_a_token_expires(asked: Asked, emulator: Emulator, sign: Sign, clock: HandClock, operation: Operation) -> None:
    request, user = asked(operation)
    token = sign(user, exp=int(clock.now().timestamp()) + 2, iat=int(clock.now().timestamp()))
    clock.advance(timedelta(seconds=1))
    before = emulator.handle(with_token(request, token))
    clock.advance(timedelta(seconds=1))

    assert before.status == operation.success
    assert refusal(emulator.handle(with_token(request, token))) == (403, "invalid_user_token")


@pytest.mark.promise("TOKEN-NO-SIGNING-KEY")
@pytest.mark.parametrize("enhanced", [True, False], ids=["enhanced", ""])
@bound_by("TOKEN-NO-SIGNING-KEY")
def test_without_a_signing_key_every_token_is_refused(
    asked: Asked, emulator: Emulator, environment: Environment, sign: Sign, operation: Operation, enhanced: bool
) -> None:
    environment.configure(enhanced_security=enhanced)
    request, user = asked(operation)

    assert refusal(emulator.handle(with_token(request, sign(user)))) == (403, "missing_jwt_signing_key")


@pytest.mark.promise("TOKEN-ALG-CONFUSION")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize("forged", ["none", "HS256", "HS256 said to be RS256", "RS512", "PS256"])
@bound_by("TOKEN-ALG-CONFUSION")
def test_a_token_does_not_choose_its_algorithm(
    asked: Asked, emulator: Emulator, signing_key: str, public_key: str, operation: Operation, forged: str
) -> None:
    request, user = asked(operation)

    answer = emulator.handle(with_token(request, forge(forged, {"sub": user}, signing_key, public_key)))

    assert answer.status == 403
    assert refusal(answer)[1] in {"invalid_user_token", "authorization"}


def forge(how: str, claims: dict[str, Any], signing_key: str, public_key: str) -> str:
    """Return a token that a careless server takes for signed."""
    if how in {"RS512", "PS256"}:
        return jwt.encode(claims, loaded(signing_key), algorithm=how)
    algorithm = {"none": "none", "HS256": "HS256"}.get(how, "RS256")
    signed = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims)}"
    if how == "none":
        return f"{signed}."
    mac = hmac.digest(public_key.encode(), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.promise("TOKEN-MALFORMED")
@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=255), min_size=1) | st.sampled_from(("..", "a.b.c")))
def test_a_header_that_is_no_token_is_refused(public_key: str, text: str) -> None:
    emulator = Emulator(keys=[KEY], settings=Settings(enhanced_security=True, signing_key=public_key))
    headers = [(b"authorization", f"Bearer {PUBLIC}".encode()), (HEADER, text.encode("latin-1"))]

    assert refusal(emulator.handle(Request("GET", "/v1/users/ada", "", headers))) == (403, "invalid_user_token")


@pytest.mark.promise("TOKEN-MALFORMED")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"ada"',
        b"{}",
        b'{"sub": null}',
        b'{"sub": ""}',
        b'{"sub": 1}',
        b'{"sub": ["ada"]}',
        b'{"sub": "\\ud800"}',
        b'{"sub": "\xff"}',
        b'{"sub": "ada", "exp": "tomorrow"}',
        b'{"sub": "ada", "exp": true}',
        b'{"sub": "ada", "exp": NaN}',
        b'{"sub": "ada", "exp": -1}',
        b'{"sub": "ada", "exp": ' + b"9" * 5000 + b"}",
        b'{"sub": "ada", "grants": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda payload: payload[:40].decode("latin-1"),
)
def test_a_signed_payload_that_makes_no_sense_is_refused(emulator: Emulator, signing_key: str, payload: bytes) -> None:
    token = jwt.PyJWS().encode(payload, loaded(signing_key), algorithm="RS256")
    headers = [(b"authorization", f"Bearer {PUBLIC}".encode()), (HEADER, token.encode())]

    answer = emulator.handle(Request("GET", "/v1/users/ada", "", headers))

    assert refusal(answer) == (403, "invalid_user_token")


@pytest.mark.promise("TOKEN-MALFORMED")
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-MALFORMED")
def test_nonsense_in_the_header_is_refused_everywhere(asked: Asked, emulator: Emulator, operation: Operation) -> None:
    request, _ = asked(operation)

    assert refusal(emulator.handle(with_token(request, "nonsense"))) == (403, "invalid_user_token")


@pytest.mark.promise("TOKEN-EXTRA-CLAIMS")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize(
    "claims",
    [
        {"jti": "1"},
        {"jti": 1},
        {"aud": "somebody"},
        {"aud": ["a", "b"]},
        {"iss": "https://example.com"},
        {"https://example.com/role": {"admin": True}},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"iat": None, "exp": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", [OPERATIONS["getUser"], OPERATIONS["markMessageSeen"]], ids=lambda each: each.id)
def test_other_claims_do_not_matter(
    asked: Asked, emulator: Emulator, sign: Sign, operation: Operation, claims: dict[str, Any]
) -> None:
    request, user = asked(operation)

    assert emulator.handle(with_token(request, sign(user, **claims))).status == 200


# Whose resources it opens


@pytest.mark.promise("TOKEN-SUBJECT-BOUND", "AUTH-PERMISSION-403")
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-SUBJECT-BOUND")
def test_a_token_does_not_open_the_paths_of_others(
    asked: Asked, emulator: Emulator, environment: Environment, sign: Sign, operation: Operation
) -> None:
    request, user = asked(operation)
    before = environment.store.connection.serialize()

    answers = [emulator.handle(with_token(request, sign(other))) for other in ("ben", user.upper(), user + " ", "%")]

    assert [refusal(each) for each in answers] == [(403, "authorization")] * 4
    assert environment.store.connection.serialize() == before


@pytest.mark.promise("TOKEN-SUBJECT-BOUND")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize("a", ["ada", "Ada", "a@b.c", "a b", "a%20b", "ä"])
@pytest.mark.parametrize("b", ["ada", "Ada", "a@b.c", "a b", "a%20b", "ä"])
def test_a_path_is_open_to_its_own_user_only(emulator: Emulator, sign: Sign, a: str, b: str) -> None:
    headers = [(b"authorization", f"Bearer {PUBLIC}".encode()), (HEADER, sign(a).encode())]

    answer = emulator.handle(Request("PUT", f"/v1/users/{quote(b)}", "", headers, b"{}"))

    assert answer.status == (200 if a == b else 403)


@pytest.mark.promise("TOKEN-SUBJECT-MESSAGES", "AUTH-PERMISSION-403")
@pytest.mark.usefixtures("secure")
@bound_by("TOKEN-SUBJECT-MESSAGES")
def test_a_token_does_not_change_the_messages_of_others(
    asked: Asked, emulator: Emulator, environment: Environment, sign: Sign, operation: Operation
) -> None:
    request, _ = asked(operation)
    before = environment.store.connection.serialize()

    assert refusal(emulator.handle(with_token(request, sign("ben")))) == (403, "authorization")
    assert environment.store.connection.serialize() == before


@pytest.mark.promise("TOKEN-SUBJECT-MESSAGES")
@pytest.mark.usefixtures("secure")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recipient_ids": ["ada", "ben"]},
        {"user_ids": ["ben"]},
        {"recipient_ids": ["ada"], "user_ids": ["ben"]},
    ],
    ids=str,
)
def test_a_token_does_not_change_all_messages_of_a_channel(
    public: httpx.Client, channel: Callable[[str], str], sign: Sign, body: dict[str, Any]
) -> None:
    path = f"/v1/channels/{channel('in-app-feed')}/messages/bulk/seen"

    assert public.post(path, json=body, headers={TOKEN: sign("ada")}).status_code == 403


@pytest.mark.promise("TOKEN-SUBJECT-MESSAGES")
@pytest.mark.usefixtures("secure")
def test_a_batch_with_one_message_of_another_user_changes_none(
    public: httpx.Client, api: httpx.Client, send: Callable[..., str], sign: Sign
) -> None:
    ids = [send("ada"), send("ben")]

    answer = public.post("/v1/messages/batch/seen", json={"message_ids": ids}, headers={TOKEN: sign("ada")})

    assert answer.status_code == 403
    assert [api.get(f"/v1/messages/{each}").json()["seen_at"] for each in ids] == [None, None]


@pytest.mark.usefixtures("secure")
def test_a_token_does_not_open_the_messages_of_others(
    public: httpx.Client, send: Callable[..., str], sign: Sign
) -> None:
    message = send("ada")

    assert public.get(f"/v1/messages/{message}", headers={TOKEN: sign("ada")}).status_code == 200
    assert public.get(f"/v1/messages/{message}", headers={TOKEN: sign("ben")}).status_code == 403


@pytest.mark.usefixtures("secure")
def test_a_public_key_with_a_token_is_no_secret_key(public: httpx.Client, sign: Sign) -> None:
    answer = public.get("/v1/users", headers={TOKEN: sign("ada")})

    assert (answer.status_code, answer.json()["code"]) == (403, "incorrect_token_type")


# Signing keys


@pytest.mark.promise("TOKEN-ROTATION")
@bound_by("TOKEN-ROTATION")
@pytest.mark.usefixtures("secure")
def test_a_new_signing_key_ends_the_old_one(
    asked: Asked, emulator: Emulator, environment: Environment, sign: Sign, operation: Operation, another_key: str
) -> None:
    request, user = asked(operation)
    before = emulator.handle(with_token(request, sign(user))).status
    environment.configure(signing_key=public_half(another_key))

    assert before == operation.success
    assert refusal(emulator.handle(with_token(request, sign(user)))) == (403, "authorization")
    assert emulator.handle(with_token(request, sign(user, key=another_key))).status != 403


def test_a_signing_key_is_read_in_every_form_that_is_handed_out(signing_key: str) -> None:
    private = serialization.load_pem_private_key(signing_key.encode(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    older = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    public = public_half(signing_key)

    forms = [
        public,
        older,
        b64encode(signing_key.encode()).decode(),
        b64encode(public.encode()).decode() + "\n",
        signing_key.replace("\n", "\\n"),
        signing_key.replace("\n", "\r\n"),
    ]

    assert "PRIVATE" not in public
    assert [public_half(each) for each in forms] == [public] * len(forms)


def pem(key: Any) -> str:
    """Return a private key in PEM."""
    text: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return text.decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----",
        "LS0tLS1CRUdJTi==",
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505 - it is to be refused
    ],
    ids=["nothing", "a word", "no key", "no public key", "base64 of nothing", "another kind", "too short"],
)
def test_what_is_no_signing_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="signing key"):
        public_half(text)


def test_no_more_tokens_are_remembered_than_fit(signing_key: str, sign: Sign, clock: HandClock) -> None:
    tokens = UserTokens(public_half(signing_key))
    tokens._known = dict.fromkeys(map(str, range(MOST_REMEMBERED)), tokens.read(sign("ada"), now=clock.now()))

    assert tokens.read(sign("ben"), now=clock.now()).user_id == "ben"
    assert len(tokens._known) == 1
