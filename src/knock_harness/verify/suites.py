"""Where the suites are, and the pytest process that runs them untouched by whatever pytest setup the user has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import knock_harness
from knock_harness.errors import NoVerdict
from knock_harness.verify import profiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knock_harness.verify.plan import Plan

__all__ = ["LOG", "command", "environment", "locate", "start"]

_SUITES = ("contract_tests",)

#: Named one by one, because what else is installed beside us must not take part in a verdict.
_PLUGINS = ("xdist.plugin", "_hypothesis_pytestplugin", "knock_harness.verify.plugin")

#: What pytest printed, below the folder of the run.
LOG = "pytest.log"

_CONFIGURATION = """\
[pytest]
addopts =
filterwarnings = ignore
"""

#: Variables by which a user's own setup would reach into the run.
_FOREIGN = frozenset({"HYPOTHESIS_PROFILE", "SCHEMATHESIS_HOOKS"})
#: So begin those that speak to pytest, or that say which worker of a run of pytest's we are called by.
_OF_PYTEST = "PYTEST_"


def locate() -> tuple[Path, ...]:
    """Return the folders of the suites: inside an installed package, or beside `src` in a checkout.

    Raises:
        NoVerdict: they are in neither place.
    """
    package = Path(knock_harness.__file__).parent
    for home in (package / "suites", package.parent.parent):
        if found := tuple(home / name for name in _SUITES if (home / name / "__init__.py").is_file()):
            return found
    raise NoVerdict("the suites are not installed", where=str(package), hint="Install knock-harness again.")


def command(suites: tuple[Path, ...], *, folder: Path, seed: int, workers: int) -> list[str]:
    """Return the command line that runs suites; the configuration it names is written by `start`."""
    plugins = [word for name in _PLUGINS for word in ("-p", name)]
    return [
        *(sys.executable, "-P", "-m", "pytest"),
        *("-c", str(folder / "pytest.ini"), "--rootdir", str(suites[0].parent), "--confcutdir", str(suites[0])),
        "--import-mode=importlib",
        *plugins,
        *("-p", "no:cacheprovider"),
        *("-n", str(workers), "--dist", "worksteal", "--max-worker-restart", str(workers)),
        *("--hypothesis-seed", str(seed), "-q", "--tb=short", "--color=no"),
        *map(str, suites),
    ]


def environment(plan: Plan, *, profile: str, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of the pytest process: the user's own without what would change the verdict."""
    kept = {name: value for name, value in base.items() if name not in _FOREIGN and not name.startswith(_OF_PYTEST)}
    cache = Path(base.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "knock-harness" / "hypothesis"
    own = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONSAFEPATH": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache),  # tables of characters; else it would leave them where the user is
        profiles.VARIABLE: profile,
    }
    return kept | own | plan.variables()


def start(plan: Plan, *, profile: str, seed: int, suites: tuple[Path, ...]) -> subprocess.Popen[bytes]:
    """Start pytest on the suites, in a session of its own: Ctrl-C on our terminal is for us to pass on."""
    assert plan.folder is not None  # noqa: S101 - a run always has one
    folder = Path(plan.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pytest.ini").write_text(_CONFIGURATION)
    with (folder / LOG).open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter
            command(suites, folder=folder, seed=seed, workers=plan.workers),
            env=environment(plan, profile=profile),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
