"""The wheel is whole: installed alone, away from the checkout, it verifies."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_S = 180


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and return it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_S)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel in an empty environment, and return the command."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=LONGEST_S)
    pip = [
        str(home / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, str(wheel)], check=True, timeout=LONGEST_S)
    return home / "bin" / "knock-harness"


def test_the_wheel_carries_the_suites_and_the_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {name.split("/")[0].split("-")[0] for name in names} == {"knock_harness"}
    assert not [name for name in names if "__pycache__" in name]
    assert "knock_harness/suites/contract_tests/__init__.py" in names
    assert [name for name in names if name.startswith("knock_harness/contract/openapi/") and name.endswith(".yaml")]
    assert "knock_harness/contract/knock_project/environment.yaml" in names


def test_an_installed_wheel_verifies_the_emulator_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON", "KNOCK"))}
    command = [str(installed), "verify", "--target", "emulator", "--profile", "quick", "--operation", "identifyUser"]

    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=LONGEST_S)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "reports" / "latest" / "results.json").is_file()
