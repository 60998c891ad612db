"""`knock-harness contract`: what is printed, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from knock_harness import cli, contract
from knock_harness.contract import export
from knock_harness.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Return a file that holds the contract in OpenAPI 3.0."""
    file = tmp_path / "api.json"
    file.write_text(export.rendered(contract.load().document, form="json", openapi="3.0"), encoding="utf-8")
    return file


def test_export_writes_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(["contract", "export"])

    assert code == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == contract.load().document


def test_export_writes_the_version_and_format_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["contract", "export", "--openapi", "3.0", "--format", "yaml"])

    assert capsys.readouterr().out.startswith("openapi: 3.0.3\n")


def test_our_own_export_has_no_differences(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(["contract", "diff", str(exported)])

    assert code == ExitCode.OK
    assert capsys.readouterr().out == ""


def test_an_unexplained_difference_is_one_line_and_exit_1(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(exported.read_text(encoding="utf-8"))
    document["components"]["schemas"]["Message"]["properties"]["subject"] = {"type": "string"}
    exported.write_text(json.dumps(document), encoding="utf-8")

    code = cli.run(["contract", "diff", str(exported)])

    assert code == ExitCode.NOT_CONFORMANT
    assert capsys.readouterr().out == "answer Message.subject: named there only; breaks neither\n"


def without_refusals(file: Path) -> None:
    """Take away what the published document does not have either."""
    document = json.loads(file.read_text(encoding="utf-8"))
    del document["paths"]["/v1/users"]["get"]["responses"]["429"]
    file.write_text(json.dumps(document), encoding="utf-8")


def test_an_explained_difference_is_not_shown(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without_refusals(exported)

    code = cli.run(["contract", "diff", str(exported)])

    assert code == ExitCode.OK
    assert capsys.readouterr().out == ""


def test_all_shows_the_explained_differences_with_their_reasons(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_refusals(exported)

    code = cli.run(["contract", "diff", "--all", str(exported)])

    assert code == ExitCode.OK
    assert capsys.readouterr().out == (
        "GET /v1/users answer 429: declared here only; breaks clients (The published document declares no refusals "
        "but three; prose, official clients and examples name these.)\n"
    )


@pytest.mark.parametrize(
    ("content", "complaint"), [("a: b: c", "is neither YAML nor JSON"), ("title: x", "is no OpenAPI document")]
)
def test_a_file_that_is_no_openapi_is_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, complaint: str
) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(content)

    code = cli.run(["contract", "diff", str(file)])

    shown = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert complaint in shown
    assert shown.count("\n") == 1


def test_a_missing_file_is_one_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(["contract", "diff", str(tmp_path / "missing.yaml")])

    shown = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert "No such file" in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize("arguments", [["export", "--format", "xml"], ["diff"], ["diff", "--unknown", "x"], ["undo"]])
def test_a_wrong_flag_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(["contract", *arguments])

    assert code == ExitCode.USAGE
    assert capsys.readouterr().err.count("\n") == 1
