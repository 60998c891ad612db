"""Templates checked when they are committed, for those who want to know at once what would fail a run later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .liquid_environment import LIQUID, partials_in, reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from knock_harness.contract.places import Place
    from knock_harness.contract.project import Step, Workflow

__all__ = ["check_template", "check_workflow"]


def check_workflow(workflow: Workflow, place: Place, *, partials: Collection[str]) -> None:
    """Refuse a workflow whose templates cannot be rendered, whatever the variables.

    Args:
        workflow: as it was read.
        place: where its definition stands.
        partials: the keys of the partials there are.

    Raises:
        InvalidDocument: a template cannot be parsed, or names a filter, a tag or a partial that there is not.
    """
    for text, where in _texts_of_steps(workflow.steps, place / "steps"):
        check_template(text, where, partials=partials)


def check_template(source: str, place: Place, *, partials: Collection[str]) -> None:
    """Refuse a template that cannot be rendered, whatever the variables.

    Raises:
        InvalidDocument: see `check_workflow`.
    """
    if "{{" not in source and "{%" not in source:
        return
    try:
        template = LIQUID.from_string(source)
    except Exception as error:  # noqa: BLE001 - nesting beyond what Python takes is no error of Liquid's
        context = error.context() if hasattr(error, "context") else None
        raise place.error(f"cannot be rendered: {reason(error)}", line=context[0] if context else 1) from None
    for name, spans in template.analyze(include_partials=False).filters.items():
        if name not in LIQUID.filters:
            raise place.error(f"there is no filter {name!r}", line=_line(source, spans[0].index))
    for name, index in partials_in(template):
        if name not in partials:
            raise place.error(f"there is no partial {name!r}", line=_line(source, index))


def _line(source: str, index: int) -> int:
    return source.count("\n", 0, max(index, 0)) + 1


def _texts_of_steps(steps: Sequence[Step], place: Place) -> Iterator[tuple[str, Place]]:
    for number, step in enumerate(steps):
        below = place / number
        yield from _texts(step.template, below / "template")
        yield from _texts(step.settings, below / ("channel_overrides" if step.type == "channel" else "settings"))
        yield step.cohort_key, below / "cohort_key"
        branches = below / ("branches" if step.type == "branch" else "cohort_branches")
        for position, branch in enumerate(step.branches):
            yield from _texts_of_steps(branch.steps, branches / position / "steps")


def _texts(value: Any, place: Place) -> Iterator[tuple[str, Place]]:
    match value:
        case str():
            yield value, place
        case dict():
            for key, each in value.items():
                yield from _texts(each, place / str(key))
        case list() | tuple():
            for number, each in enumerate(value):
                yield from _texts(each, place / number)
