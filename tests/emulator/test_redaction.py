from __future__ import annotations

import pytest

from knock_harness.emulator.redaction import masked, shown_header, shown_text, shown_value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sk_test_tests", "sk_test_***"),
        ("sk_test_0123456789", "sk_test_***6789"),
        ("pk_live_0123456789 and sk_x_1", "pk_live_***6789 and sk_x_***"),
        ("eyJhbGciOiJ9.eyJzdWIiOiJ9.c2ln", "***"),
        ("task_test is no key", "task_test is no key"),
    ],
)
def test_keys_and_tokens_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer sk_test_0123456789", "Bearer sk_test_***6789"),
        ("authorization", "Bearer something", "Bearer ***"),
        ("authorization", "Basic c2tfdGVzdF8=", "Basic ***"),
        ("x-knock-user-token", "anything", "***"),
        ("cookie", "session=1", "***"),
        ("accept", "application/json", "application/json"),
    ],
)
def test_headers_show_no_secret(name: str, value: str, shown: str) -> None:
    assert shown_header(name, value) == shown


def test_values_of_secret_names_are_hidden() -> None:
    value = {"slack": [{"access_token": "xoxb-1", "channel_id": "C1"}], "secret": "", "token": "of a device"}

    assert shown_value(value) == {
        "slack": [{"access_token": "***", "channel_id": "C1"}],
        "secret": "",
        "token": "of a device",
    }


def test_a_text_that_was_json_shows_no_secret() -> None:
    assert shown_text(r'{"access_token" : "xo\"xb", "n": "sk_test_abc') == '{"access_token" : "***", "n": "sk_test_***'
