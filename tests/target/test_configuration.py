"""Where values come from, which one wins, and what is said about wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.errors import InvalidConfiguration
from knock_harness.target import Resolved, resolve
from knock_harness.target.toml_lines import line_of

if TYPE_CHECKING:
    from pathlib import Path

OURS = 'base_url = "http://localhost:1"\napi_key = "sk_test_file"\n'


def resolved(folder: Path, *, environment: dict[str, str] | None = None, **flags: object) -> Resolved:
    return resolve(flags=flags, folder=folder, environment=environment or {})


def test_a_file_of_ours_is_read(tmp_path: Path) -> None:
    (tmp_path / "knock-harness.toml").write_text(OURS)

    value = resolved(tmp_path).values["api_key"]

    assert (value.value, value.origin) == ("sk_test_file", "knock-harness.toml:2")


def test_our_table_of_a_pyproject_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\n\n[tool.knock-harness]\n{OURS}')

    assert resolved(tmp_path).values["base_url"].origin == "pyproject.toml:5"


def test_our_own_file_wins_over_a_pyproject(tmp_path: Path) -> None:
    (tmp_path / "knock-harness.toml").write_text(OURS)
    (tmp_path / "pyproject.toml").write_text('[tool.knock-harness]\nbase_url = "http://localhost:2"\n')

    assert resolved(tmp_path).target().base_url == "http://localhost:1"


def test_a_pyproject_of_others_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.other]\nbase_url = "x"\n')

    assert "base_url" not in resolved(tmp_path).values


def test_the_environment_wins_over_the_file_and_flags_over_both(tmp_path: Path) -> None:
    (tmp_path / "knock-harness.toml").write_text(OURS)
    environment = {"KNOCK_API_KEY": "sk_test_env", "KNOCK_BASE_URL": "http://localhost:2"}

    values = resolved(tmp_path, environment=environment, base_url="http://localhost:3").values

    assert values["api_key"].value == "sk_test_env"
    assert values["api_key"].origin == "environment KNOCK_API_KEY"
    assert values["base_url"].value == "http://localhost:3"
    assert values["base_url"].origin == "flag --target"


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert "api_key" not in resolved(tmp_path, environment={"KNOCK_API_KEY": ""}).values


def test_a_slash_at_the_end_of_the_address_is_dropped(tmp_path: Path) -> None:
    assert resolved(tmp_path, base_url="http://localhost:1/").values["base_url"].value == "http://localhost:1"


@pytest.mark.parametrize(("url", "pace"), [("http://localhost:1", False), ("https://api.example.com", True)])
def test_other_machines_are_paced_unless_told_otherwise(tmp_path: Path, url: str, pace: bool) -> None:
    assert resolved(tmp_path, base_url=url).values["pace"].value is pace
    assert resolved(tmp_path, base_url=url, pace=not pace).values["pace"].value is not pace


def test_fixtures_stand_in_for_those_of_the_packaged_project(tmp_path: Path) -> None:
    (tmp_path / "knock-harness.toml").write_text(
        '[fixtures.channels]\nemail = "11111111-1111-4111-8111-111111111111"\n'
        '[fixtures.workflows]\nin-app-message = "hello"\n'
        '[fixtures.guides]\nwelcome-guide = "22222222-2222-4222-8222-222222222222"\n'
    )

    fixtures = resolved(tmp_path).fixtures

    assert fixtures.channels["email"].id == "11111111-1111-4111-8111-111111111111"
    assert fixtures.channels["email"].type == "email"
    assert fixtures.workflows["in-app-message"] == "hello"
    assert fixtures.workflows["all-channels"] == "all-channels"
    assert fixtures.guides["welcome-guide"].id == "22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\nbase_ulr = "x"\n', "knock-harness.toml:2: unknown key 'base_ulr'. Did you mean 'base_url'?"),
        ("zzz = 1", "knock-harness.toml:1: unknown key 'zzz'. There are base_url, "),
        ("base_url = 7", "knock-harness.toml:1: base_url takes a text, not 7."),
        ('base_url = "foo"', "knock-harness.toml:1: 'foo' is no URL. "),
        ("# one\n\napi_key = 7", "knock-harness.toml:3: api_key takes a text."),
        ('hosts = "a"', "knock-harness.toml:1: hosts takes a list of texts, not 'a'."),
        ('hosts = ["http://a"]', "knock-harness.toml:1: hosts takes a list of host names"),
        ('capabilities = [\n  "clocks",\n]', "knock-harness.toml:1: capabilities takes capabilities out of "),
        ('pace = "yes"', "knock-harness.toml:1: pace takes true or false, not 'yes'."),
        ("timeout_s = 0", "knock-harness.toml:1: timeout_s takes a number of seconds"),
        ("[fixtures.channels]\n\nemale = 'x'", "knock-harness.toml:3: fixtures.channels has no 'emale'. Did you mean"),
        ("fixtures = 1", "knock-harness.toml:1: unknown key 'fixtures'."),
        ("[fixtures]\nchannel = {}", "knock-harness.toml:2: unknown key 'fixtures.channel'. Did you mean"),
        ("a = ", "knock-harness.toml:1: is not TOML: Invalid value."),
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "knock-harness.toml").write_text(text)

    with pytest.raises(InvalidConfiguration) as wrong:
        resolved(tmp_path)

    assert str(wrong.value).startswith(message)
    assert "\n" not in str(wrong.value)


def test_a_wrong_flag_is_named() -> None:
    with pytest.raises(InvalidConfiguration, match="flag --target: 'foo' is no URL"):
        resolve(flags={"base_url": "foo"}, environment={})


def test_a_wrong_secret_is_not_shown() -> None:
    with pytest.raises(InvalidConfiguration) as wrong:
        resolve(environment={"KNOCK_API_KEY": "sk test secret"})

    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize(
    ("flags", "message"),
    [({}, "no target. Give --target"), ({"base_url": "http://localhost:1"}, "no key for http://localhost:1. Give")],
)
def test_what_is_missing_is_said_with_what_to_do(tmp_path: Path, flags: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidConfiguration) as missing:
        resolved(tmp_path, **flags).target()

    assert str(missing.value).startswith(message)


TOML = """
[a]
b = 1
[a."c.d"]
e = { f = 1 }
g.h = 2
[a.i]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [(("a", "b"), 3), (("a", "c.d", "e", "f"), 5), (("a", "c.d", "g", "h"), 6), (("a", "i"), 7), (("z",), 1)],
)
def test_a_key_is_found_in_its_table(path: tuple[str, ...], line: int) -> None:
    assert line_of(path, TOML) == line
