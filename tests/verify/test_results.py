from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from knock_harness.errors import InvalidDocument
from knock_harness.verify.results import SCHEMA_VERSION, Results, read, schema, write
from tests.verify.samples import failed, passed, report, requirement, results

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def sample() -> Results:
    return results(report(passed("A"), failed("A")), requirements=(requirement("A"),))


def test_results_come_back_as_they_were_written(sample: Results, tmp_path: Path) -> None:
    write(sample, tmp_path / "latest" / "results.json")

    assert read(tmp_path / "latest" / "results.json") == sample


def test_the_file_says_its_schema_version(sample: Results, tmp_path: Path) -> None:
    write(sample, tmp_path / "results.json")

    assert json.loads((tmp_path / "results.json").read_text())["schema_version"] == SCHEMA_VERSION


def test_the_file_fits_its_published_schema(sample: Results, tmp_path: Path) -> None:
    write(sample, tmp_path / "results.json")

    jsonschema_rs.validate(schema(), json.loads((tmp_path / "results.json").read_text()))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param("no JSON", "holds no results", id="no JSON"),
        pytest.param('{"schema_version": 1}', "holds no results", id="no results"),
        pytest.param('{"schema_version": 99}', "schema_version is 99", id="another version"),
    ],
)
def test_another_file_is_refused_by_name(content: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(content)

    with pytest.raises(InvalidDocument, match=rf"results\.json: {complaint}"):
        read(tmp_path / "results.json")


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="cannot be read"):
        read(tmp_path / "results.json")


def test_the_schema_in_the_docs_is_that_of_the_code() -> None:
    published = DOCS / "results.schema.json"

    assert json.loads(published.read_text()) == json.loads(json.dumps(schema()))


def test_the_docs_name_the_current_schema_version() -> None:
    assert f"`schema_version` is **{SCHEMA_VERSION}**" in (DOCS / "results.md").read_text()
