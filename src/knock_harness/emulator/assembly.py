"""An emulator put together from what somebody wants of it, on the command line or in a test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from knock_harness import contract
from knock_harness.control import DEFAULT_KEY
from knock_harness.errors import InvalidConfiguration

from .clock import RunningClock, VirtualClock
from .emulator import Emulator
from .limits import factor
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from knock_harness.contract.project_folder import CheckWorkflow

    from .clock import Clock

__all__ = ["SEEDED_START", "ClockKind", "OutboundKind", "assembled", "template_check"]

ClockKind: TypeAlias = Literal["real", "virtual"]
OutboundKind: TypeAlias = Literal["off", "loopback"]

#: What a virtual clock shows at first where a seed asks for the same in every run.
SEEDED_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def assembled(
    *,
    keys: Sequence[str] = (DEFAULT_KEY,),
    strict_keys: bool = False,
    project: Path | None = None,
    clock: ClockKind = "real",
    start: datetime | None = None,
    seed: int | None = None,
    limits: str = "off",
    outbound: OutboundKind = "off",
    strict: bool = False,
    data: Path | None = None,
) -> Emulator:
    """Return an emulator.

    Args:
        keys: secret keys that are known from the start.
        strict_keys: refuse other keys, instead of opening an environment for each.
        project: a folder in the layout of Knock's CLI; None: the packaged one.
        clock: ``real``: that of the machine, which goes on; ``virtual``: one that stands still until it is moved.
        start: the moment that the clock of each environment shows at first; None: that of the machine, or the same in
            every run where the clock is virtual and there is a seed.
        seed: makes identifiers the same in every run.
        limits: ``off``, ``on``, or so many times what is published, such as ``5x``.
        outbound: ``loopback`` lets workflows call servers of this machine.
        strict: refuse a workflow whose templates cannot be rendered, instead of letting its runs fail.
        data: the directory in which environments are kept; None: they are gone at the end.

    Raises:
        InvalidConfiguration: a value has no meaning.
        InvalidDocument: the project, or a file of `data`, cannot be used.
    """
    _refuse_others(clock, ClockKind, where="--clock")
    _refuse_others(outbound, OutboundKind, where="--outbound")
    for key in keys:
        if not key.startswith("sk_"):
            raise InvalidConfiguration(f"{key!r} is no secret key", where="--key", hint="Secret keys start with sk_.")
    try:
        factor(limits)
    except ValueError as error:
        raise InvalidConfiguration(str(error), where="--limits") from None
    return Emulator(
        new_clock=_clocks(clock, start=start, is_seeded=seed is not None),
        project=contract.project.load(project, check=template_check(strict=strict)),
        keys=keys,
        strict_keys=strict_keys,
        seed=seed,
        settings=Settings(limits=limits, outbound=outbound, strict_templates=strict),
        data=data,
    )


def _refuse_others(value: str, words: object, *, where: str) -> None:
    """Refuse what is none of the words of a literal type, as a test may say it without a type checker."""
    known = get_args(words)
    if value not in known:
        raise InvalidConfiguration(f"{value!r} is not known", where=where, hint=f"One of {', '.join(known)}.")


def template_check(*, strict: bool) -> CheckWorkflow | None:
    """Return what refuses workflows of a project folder; None: nothing does."""
    if not strict:
        return None
    from .engine.template_checks import check_workflow  # here, as it takes Liquid to be loaded

    return check_workflow


def _clocks(kind: ClockKind, *, start: datetime | None, is_seeded: bool) -> Callable[[], Clock]:
    if kind == "real":
        return lambda: RunningClock(start)
    if start is None and is_seeded:
        start = SEEDED_START
    return lambda: VirtualClock(start or datetime.now(UTC))
