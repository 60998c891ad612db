"""The report of a run as JUnit XML, which CI systems show.

A test case is a requirement on an operation. Only what makes a target not conformant is a failure there, so that the
file and the exit code agree: a broken should or may is told in the output of its test case.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from .summary import again, verdict_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knock_harness.verify.results import Failure, RequirementResult, Results, Tally

__all__ = ["render_junit"]

#: What XML 1.0 has no place for.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(results: Results) -> str:
    """Return the report as XML."""
    suite = ET.Element("testsuite", name="knock-harness", timestamp=results.run.started_at)
    suite.set("time", f"{results.run.seconds:.3f}")
    found: dict[tuple[str, str | None], list[Failure]] = {}
    for failure in results.failures:
        found.setdefault((failure.requirement, failure.operation), []).append(failure)
    for requirement in results.requirements:
        for tally in requirement.tallies:
            _add_case(suite, requirement, tally, found.get((requirement.id, tally.operation), []), results)
    for fault in results.faults:
        case = ET.SubElement(suite, "testcase", classname="harness", name=_clean(fault.item))
        _add_text(case, "error", fault.message)
    if results.verdict.conclusion == "no verdict":
        case = ET.SubElement(suite, "testcase", classname="harness", name="verdict")
        _add_text(case, "error", verdict_line(results))
    for attribute, tag in {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}.items():
        suite.set(attribute, str(sum(1 for _ in suite.iter(tag))))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(
    suite: ET.Element,
    requirement: RequirementResult,
    tally: Tally,
    failures: Sequence[Failure],
    results: Results,
) -> None:
    case = ET.SubElement(suite, "testcase", classname=requirement.id, name=tally.operation or "across operations")
    text = f"{requirement.statement}\nSource: {requirement.source}\n"
    text += "\n".join(_told(each, results) for each in failures)
    if tally.status == "failed" and requirement.level == "must":
        _add_text(case, "failure", text, message=failures[0].finding.got if failures else "broken")
    elif tally.status in ("failed", "unstable"):
        _add_text(case, "system-out", f"{tally.status}, level {requirement.level}\n{text}")
    elif tally.status == "skipped":
        _add_text(case, "skipped", "", message="; ".join(requirement.skipped_because))
    elif tally.status == "not judged":
        _add_text(case, "skipped", "", message=tally.status)


def _told(failure: Failure, results: Results) -> str:
    finding = failure.finding
    commands = [*finding.evidence.before, finding.evidence.curl] if finding.evidence else []
    lines = [f"expected: {finding.expected}", f"got: {finding.got}", *commands, f"again: {again(failure, results)}", ""]
    return "\n".join(lines)


def _add_text(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    element = ET.SubElement(parent, tag, {name: _clean(value) for name, value in attributes.items()})
    element.text = _clean(text) or None


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
