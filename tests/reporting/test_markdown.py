from __future__ import annotations

import msgspec

from knock_harness.reporting import render_markdown
from tests.verify.samples import failed, passed, report, requirement, results


def test_the_report_begins_with_the_verdict() -> None:
    text = render_markdown(results(report(passed("A")), requirements=(requirement("A"),)))

    assert text.startswith("# conformant\n")


def test_the_report_has_at_most_sixty_lines_however_much_is_broken() -> None:
    names = [f"A-{number}" for number in range(200)]
    broken = report(*(failed(name) for name in names))
    text = render_markdown(results(broken, requirements=tuple(map(requirement, names))))

    assert len(text.splitlines()) <= 60
    assert "more in `results.json`" in text


def test_the_report_names_operations_that_never_answered_2xx() -> None:
    text = render_markdown(results(report(passed("A")), requirements=(requirement("A"),)))

    assert "1 of 2 operations answered 2xx; never: deleteUser" in text


def test_the_report_counts_what_nothing_checks() -> None:
    found = results(report(passed("A")), requirements=(requirement("A"),))
    text = render_markdown(msgspec.structs.replace(found, unchecked=("B", "C")))

    assert "not checked, as no test does so yet: 2 of 3 requirements" in text


def test_the_report_says_how_to_check_again() -> None:
    text = render_markdown(results(report(failed("A")), requirements=(requirement("A"),)))

    assert (
        "`knock-harness verify A --operation deleteUser --target http://127.0.0.1:4000 --profile quick --seed 7`"
        in text
    )
