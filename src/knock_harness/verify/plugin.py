"""The pytest plugin: requirement marks, the fixtures that checks are written with, and a report of every test.

It works for `knock-harness verify`, which hands over a plan, and for plain `pytest -p knock_harness.verify.plugin`,
which checks the configured target.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis import HealthCheck

from knock_harness import contract
from knock_harness.contract import requirements
from knock_harness.errors import HarnessError
from knock_harness.target import Ledger, World
from knock_harness.verify import collection, profiles
from knock_harness.verify.books import Book, CollectedItem
from knock_harness.verify.endings import Ending, ending_of, settle
from knock_harness.verify.observations import ItemReport, Judge, evidence
from knock_harness.verify.origins import Origins
from knock_harness.verify.patience import OneTryClient
from knock_harness.verify.plan import Plan, current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knock_harness.target import Client, Target
    from knock_harness.verify.account import Account
    from knock_harness.verify.profiles import Profile

__all__ = ["Bench"]

_JUDGE = pytest.StashKey[Judge]()
_ENDING = pytest.StashKey[Ending]()
_ABOUT = pytest.StashKey[CollectedItem]()
_BENCH = pytest.StashKey["Bench"]()

#: No memory of earlier runs, and no findings about the speed of this machine. `judge` is one book for all examples.
_HYPOTHESIS = hypothesis.settings(
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

#: A tenth of the time of a run went into looking for garbage with the usual ones.
_GARBAGE_THRESHOLDS = (50_000, 20, 50)

#: Tests in a row that found nobody at the other end, after which the others are not tried.
_PATIENCE = 3


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, set Hypothesis up, and make ready to report."""
    config.addinivalue_line("markers", "requirement(*ids): the requirements that this test checks")
    config.addinivalue_line("markers", "operation(*ids): the operations that this test is about")
    hypothesis.settings.register_profile("knock-harness", _HYPOTHESIS)
    hypothesis.settings.load_profile("knock-harness")
    if not _only_distributes(config):
        bench = Bench(current(), worker=os.environ.get("PYTEST_XDIST_WORKER", "main"))
        config.stash[_BENCH] = bench
        config.pluginmanager.register(bench, "knock-harness-bench")


@pytest.fixture(scope="session")
def plan(pytestconfig: pytest.Config) -> Plan:
    """The run that this process is part of."""
    return pytestconfig.stash[_BENCH].plan


@pytest.fixture(scope="session")
def profile() -> Profile:
    """How much is to be tried."""
    return profiles.current()


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config) -> Target:
    """Whom this process checks, with the keys of its own environment where it has one."""
    bench = pytestconfig.stash[_BENCH]
    return bench.plan.target_of(bench.worker)


@pytest.fixture(scope="session")
def account(pytestconfig: pytest.Config) -> Account:
    """What was exercised of each operation."""
    return pytestconfig.stash[_BENCH].account


@pytest.fixture(scope="session")
def client(pytestconfig: pytest.Config, target: Target, account: Account) -> Iterator[Client]:
    """The client that every check sends its requests with."""
    bench = pytestconfig.stash[_BENCH]
    processes = 1 if bench.plan.environments else bench.plan.workers
    with OneTryClient(target, processes=processes) as client:
        client.subscribe(account.observe)
        client.subscribe(bench.origins.observe)
        bench.client = client
        yield client


@pytest.fixture(scope="session")
def world(
    pytestconfig: pytest.Config, client: Client, target: Target, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The test data of this process, all of it under a prefix of its own."""
    bench = pytestconfig.stash[_BENCH]
    folder = Path(bench.plan.ledgers) if bench.plan.ledgers else tmp_path_factory.mktemp("ledgers")
    path = folder / f"{bench.plan.run}-{bench.worker}.jsonl"
    ledger = Ledger(path, base_url=target.base_url, prefix=bench.prefix)
    world = World(client, prefix=bench.prefix, ledger=ledger)
    yield world
    if not bench.plan.disposable:
        with contextlib.suppress(HarnessError):  # no test is to blame; what is left stands in the ledger
            world.clean_up()
    ledger.close()


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Judge:
    """The book that this test writes its findings in."""
    judge: Judge = request.node.stash[_JUDGE]
    return judge


class Bench:
    """Where the tests of one process are judged: selects them, watches how they end, and reports each.

    Attributes:
        plan: the run.
        worker: names this process.
        account: what was exercised of each operation.
        origins: what made the entities that requests name.
        client: the client of this process, once a test has asked for it.
    """

    def __init__(self, plan: Plan, *, worker: str) -> None:
        from knock_harness.verify.account import Account  # takes its time, and is for those who run tests only

        self.plan = plan
        self.worker = worker
        self.account = Account(contract.load())
        self.origins = Origins(self.prefix)
        self.client: OneTryClient | None = None
        self._requirements = requirements.load()
        self._book = Book(Path(plan.folder), worker) if plan.folder else None
        self._unreachable_in_a_row = 0

    @property
    def prefix(self) -> str:
        """How every id begins that this process makes up."""
        return f"kh-{self.plan.run}-{self.worker}-"

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the tests that the plan selects."""
        for item in items:
            item.stash[_ABOUT] = collection.describe(item, self._requirements)
        found = [item.stash[_ABOUT] for item in items]
        kept = collection.selected(found, requirements=self.plan.requirements, operations=self.plan.operations)
        dropped = [item for item in items if item.nodeid not in kept]
        items[:] = [item for item in items if item.nodeid in kept]
        config.hook.pytest_deselected(items=dropped)
        if self._book:
            self._book.collected(list(kept.values()))

    def pytest_collection_finish(self) -> None:
        """Spare the garbage collector what stays; what requests are generated from lives for a moment only."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GARBAGE_THRESHOLDS)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Give the test a book of its own, and report what stands in it at the end."""
        judge = item.stash[_JUDGE] = Judge(self._requirements, origins=self.origins)
        item.stash[_ENDING] = Ending()
        started = time.perf_counter()
        if self.client:
            self.client.try_again()
        result = yield
        ending = item.stash[_ENDING]
        shown = self.client.last if self.client and ending.kind in ("failed", "unstable") else None
        last = evidence(shown, origins=self.origins)
        observations = settle(judge, ending, item.stash[_ABOUT], last=last)
        if self._book:
            seconds = time.perf_counter() - started
            self._book.report(ItemReport(item.nodeid, seconds, observations, ending.unreachable))
            self._book.account(self.account.dump)
        self._look_for_the_target(item.session, ending)
        return result

    def _look_for_the_target(self, session: pytest.Session, ending: Ending) -> None:
        self._unreachable_in_a_row = self._unreachable_in_a_row + 1 if ending.unreachable else 0
        if self._unreachable_in_a_row >= _PATIENCE:
            session.shouldstop = "the target does not answer any more"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Note how each phase of the test ended."""
        item.stash[_ENDING] = item.stash[_ENDING].then(ending_of(call))
        return (yield)

    def pytest_sessionfinish(self) -> None:
        """Write the account, and that this process came to its end."""
        if self._book:
            self._book.account(self.account.dump, now=True)
            self._book.finish()


def _only_distributes(config: pytest.Config) -> bool:
    """Say whether this process hands tests to xdist's workers and runs none itself."""
    return bool(config.getoption("numprocesses", None)) and "PYTEST_XDIST_WORKER" not in os.environ
