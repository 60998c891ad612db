"""Reading somebody else's document: what cannot be read is told in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knock_harness.contract import drift
from knock_harness.errors import InvalidDocument

if TYPE_CHECKING:
    from pathlib import Path

#: What is in the file, and what is wrong with it.
UNREADABLE = [
    ("a: b: c", "is neither YAML nor JSON: mapping values are not allowed in this context, line 1, column 5"),
    ("\x00", "is neither YAML nor JSON"),
    ("{" * 5000, "is neither YAML nor JSON"),
    ("", "is no OpenAPI document: it has no key openapi"),
    ("just text", "is no OpenAPI document: it has no key openapi"),
    ("[1, 2]", "is no OpenAPI document: it has no key openapi"),
    ("title: x", "is no OpenAPI document: it has no key openapi"),
    ("swagger: '2.0'", "is in OpenAPI 2.0, which is not read"),
    ("openapi: 4.0.0", "is in OpenAPI 4.0.0, which is not read"),
    ("openapi: 3.1.0", "is no OpenAPI document: it has no paths"),
    ("openapi: 3.1.0\npaths: []", "is no OpenAPI document: it has no paths"),
]


@pytest.mark.parametrize(("content", "what"), UNREADABLE, ids=[each[0][:20] for each in UNREADABLE])
def test_what_cannot_be_read_is_told_with_the_file(tmp_path: Path, content: str, what: str) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(content)

    with pytest.raises(InvalidDocument) as caught:
        drift.read_document(file)

    assert str(caught.value).startswith(f"{file}: {what}")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="No such file"):
        drift.read_document(tmp_path / "missing.yaml")


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="directory"):
        drift.read_document(tmp_path)


@pytest.mark.parametrize("content", ['{"openapi": "3.1.0", "paths": {}}', "openapi: 3.0.3\npaths: {}\n"])
def test_yaml_and_json_are_read(tmp_path: Path, content: str) -> None:
    file = tmp_path / "api"
    file.write_text(content)

    assert drift.read_document(file)["paths"] == {}
