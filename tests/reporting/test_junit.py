from __future__ import annotations

from xml.etree import ElementTree as ET

from knock_harness.reporting import render_junit
from knock_harness.verify.observations import Finding, Observation
from tests.verify.samples import failed, passed, report, requirement, results


def parsed(text: str) -> ET.Element:
    suite = ET.fromstring(text).find("testsuite")  # noqa: S314 - written by us
    assert suite is not None
    return suite


def test_a_requirement_on_an_operation_is_a_test_case() -> None:
    suite = parsed(render_junit(results(report(passed("A")), requirements=(requirement("A"),))))

    assert [(each.get("classname"), each.get("name")) for each in suite] == [("A", "getUser")]


def test_a_broken_must_is_a_failure() -> None:
    suite = parsed(render_junit(results(report(failed("A")), requirements=(requirement("A"),))))

    assert (suite.get("failures"), suite.get("tests")) == ("1", "1")


def test_a_broken_should_is_told_but_no_failure() -> None:
    weak = requirement("A", level="should")
    suite = parsed(render_junit(results(report(failed("A")), requirements=(weak,))))

    assert suite.get("failures") == "0"
    assert "curl" in (suite.findtext("testcase/system-out") or "")


def test_no_verdict_is_an_error() -> None:
    suite = parsed(render_junit(results()))

    assert suite.get("errors") == "1"


def test_a_skip_tells_its_reason() -> None:
    skip = Observation("A", None, "skipped", reason="no clock")
    suite = parsed(render_junit(results(report(skip), requirements=(requirement("A"),))))
    found = suite.find("testcase/skipped")

    assert found is not None
    assert found.get("message") == "no clock"


def test_characters_that_xml_has_no_place_for_do_no_harm() -> None:
    odd = Observation("A", "getUser", "failed", finding=Finding("\x00", "\x1b[31m \ud800 <&>"))
    suite = parsed(render_junit(results(report(odd), requirements=(requirement("A"),))))

    assert suite.get("failures") == "1"


def test_what_was_not_judged_does_not_look_as_if_it_held() -> None:
    fault = Observation("A", "getUser", "error", reason="KeyError")
    suite = parsed(render_junit(results(report(fault), requirements=(requirement("A"),))))
    found = suite.find("testcase/skipped")

    assert found is not None
    assert found.get("message") == "not judged"
