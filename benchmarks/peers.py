"""The programs that benchmarks stand next to, installed beside them when they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

__all__ = ["Missing", "needed_wrk", "prism", "wrk"]

#: Where npm puts its programs; not part of the repository.
FOLDER: Final = Path(__file__).resolve().parent / "node_modules"
INSTALL_S: Final = 180


class Missing(Exception):
    """A program is not there and could not be installed."""


def wrk() -> Path:
    """Return the load generator wrk, installed from Debian if need and root be.

    Raises:
        Missing: it cannot be had.
    """
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(["apt-get", "update", "--quiet"])
        _install(["apt-get", "install", "--yes", "--quiet", "wrk"])
    found = shutil.which("wrk")
    if found is None:
        raise Missing("wrk is not installed (Debian: apt-get install wrk)")
    return Path(found)


def needed_wrk() -> Path:
    """Return the load generator wrk; without it there is nothing to measure: say so, and end with exit code 1."""
    try:
        return wrk()
    except Missing as missing:
        print(f"nothing measured: {missing}")
        raise SystemExit(1) from None


def prism() -> Path:
    """Return the mock server Prism, installed with npm if need be.

    Raises:
        Missing: it cannot be had.
    """
    program = FOLDER / "@stoplight" / "prism-cli" / "dist" / "index.js"
    if not program.exists() and shutil.which("npm"):
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", str(FOLDER.parent)]
        _install(["npm", "install", *options, "@stoplight/prism-cli"])
    if not program.exists() or shutil.which("node") is None:
        raise Missing("Prism is not installed (Node.js, npm and a package registry are needed)")
    return program


def _install(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, timeout=INSTALL_S, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        raise Missing(f"{command[0]}: {error}") from error
