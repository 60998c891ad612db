"""Secrets do not get into evidence."""

from __future__ import annotations

import pytest

from knock_harness.target import mask
from knock_harness.target.redaction import Redaction

from .conftest import PUBLIC, SECRET

REDACTION = Redaction(SECRET, PUBLIC)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (f"Bearer {SECRET}", "Bearer $KNOCK_API_KEY"),
        (f"bearer {PUBLIC}", "bearer $KNOCK_PUBLIC_API_KEY"),
        (SECRET, "$KNOCK_API_KEY"),
        ("Bearer sk_test_unknown", "Bearer sk_test_unknown"),
        ("Basic c2tfdGVzdDo=", "Basic ***"),
        ("", ""),
    ],
)
def test_a_credential_is_kept_only_as_far_as_it_is_no_secret(value: str, kept: str) -> None:
    assert REDACTION.headers([("authorization", value)]) == (("authorization", kept),)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"access_token": "xoxb-1"}', b'{"access_token": "***"}'),
        (b'{"accessToken":"a\\"b"}', b'{"accessToken":"***"}'),
        (b'[{"access_token":"a"},{"access_token":"b"}]', b'[{"access_token":"***"},{"access_token":"***"}]'),
        (b'{"access_token": null, "access_token_x": 7}', b'{"access_token": null, "access_token_x": 7}'),
        (f'{{"key": "{SECRET}"}}'.encode(), b'{"key": "$KNOCK_API_KEY"}'),
        (b"\xff\x00", b"\xff\x00"),
    ],
)
def test_a_body_is_kept_without_tokens_and_keys(body: bytes, kept: bytes) -> None:
    assert REDACTION.body(body) == kept


def test_a_target_without_a_public_key_is_no_reason_to_redact_everything() -> None:
    assert Redaction(SECRET).text("abc") == "abc"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        (SECRET, "sk_test_...cr3t"),
        ("pk_live_abcdefghijkl", "pk_live_...ijkl"),
        ("sk_test_a", "sk_test_..."),
        ("x", "..."),
    ],
)
def test_a_key_is_shown_by_its_kind_and_end(secret: str, shown: str) -> None:
    assert mask(secret) == shown
