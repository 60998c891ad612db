from __future__ import annotations

import io

from rich.console import Console

from knock_harness.reporting import (
    coverage_line,
    holes_line,
    render_failures,
    render_table,
    resource_rows,
    verdict_line,
)
from knock_harness.verify.verdict import Course
from tests.verify.samples import EVIDENCE, failed, passed, report, requirement, results


def test_a_failure_shows_promise_source_request_and_repetition() -> None:
    text = render_failures(results(report(failed("A")), requirements=(requirement("A"),)))

    for part in ("The promise A holds.", "openapi: responses", "status 204", "status 200", EVIDENCE.curl, "--seed 7"):
        assert part in text


def test_a_curl_line_is_never_broken() -> None:
    text = render_failures(results(report(failed("A")), requirements=(requirement("A"),)))

    assert f"    {EVIDENCE.curl}\n" in text


def test_the_table_has_a_row_for_each_resource() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(render_table(results(report(failed("A")), requirements=(requirement("A"),))))

    assert isinstance(console.file, io.StringIO)
    assert "users" in console.file.getvalue()


def test_a_requirement_broken_on_one_operation_is_broken_for_its_resource() -> None:
    found = results(report(passed("A"), failed("A")), requirements=(requirement("A"),))

    assert [(row.resource, row.passed, row.failed) for row in resource_rows(found)] == [("users", 0, 1)]


def test_what_was_checked_across_operations_has_a_row_of_its_own() -> None:
    found = results(report(passed("A", None)), requirements=(requirement("A"),))

    assert [row.resource for row in resource_rows(found)] == ["users", "(across operations)"]


def test_the_coverage_names_the_holes() -> None:
    assert coverage_line(results()) == "1 of 2 operations answered 2xx; never: deleteUser"


def test_the_verdict_on_a_selection_says_what_was_selected() -> None:
    found = results(report(passed("PAGE-A")), requirements=(requirement("PAGE-A"),), prefixes=("PAGE",))

    assert verdict_line(found) == "conformant in what was selected (PAGE)"


def test_a_partial_run_says_so_first() -> None:
    found = results(report(passed("A")), requirements=(requirement("A"),), course=Course(2, 1, interrupted=True))

    assert verdict_line(found).startswith("partial: no verdict: the run was interrupted")


def test_what_was_never_exercised_is_counted() -> None:
    assert holes_line(results()).startswith("1 hole: ")


def test_a_requirement_that_is_broken_everywhere_is_told_once() -> None:
    found = results(
        report(failed("A"), failed("A", "getUser"), failed("A", "listUsers")), requirements=(requirement("A"),)
    )
    text = render_failures(found)

    assert text.count("The promise A holds.") == 1
    assert "A (must): deleteUser and 2 other operations" in text
    assert "also:     getUser, listUsers" in text
