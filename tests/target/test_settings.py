"""Every key of the configuration is documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from knock_harness.target import CAPABILITIES, SETTINGS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", SETTINGS)
def test_every_key_has_its_row(key: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{key}` |"))

    assert SETTINGS[key].variable in row
    assert SETTINGS[key].flag in row


@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_every_capability_is_named(capability: str) -> None:
    assert f"`{capability}`" in PAGE


@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_every_capability_is_explained(capability: str) -> None:
    assert f"\n| {capability} | " in (DOCS / "requirements.md").read_text(encoding="utf-8")
