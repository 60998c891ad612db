"""The examples run as they stand, and print what they are there to show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import knock_harness.emulator

FOLDER = Path(__file__).resolve().parents[2] / "examples"
LONGEST_S = 120
COMMENTS = ["  Bob: First!", "  Bob: Well said.", "  Bob: I disagree."]


def test_comments_of_an_hour_are_one_message_in_python() -> None:
    done = subprocess.run(
        [sys.executable, FOLDER / "batched_comments.py"], capture_output=True, text=True, timeout=LONGEST_S, check=True
    )

    assert done.stdout.splitlines() == [
        "at once: 0 messages",
        "an hour later: <p>3 comments on Sailing in winter</p>, 3 activities",
        *COMMENTS,
    ]


@pytest.fixture
def node_folder(tmp_path: Path) -> Path:
    """The example for Node, with the clients that it names installed beside it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js is not installed")
    folder = tmp_path / "node"
    shutil.copytree(FOLDER / "node", folder, ignore=shutil.ignore_patterns("node_modules"))
    installed = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"npm cannot install the clients: {installed.stderr.strip().splitlines()[-1:]}")
    return folder


def test_comments_of_an_hour_are_one_message_in_node_and_in_a_browser(node_folder: Path) -> None:
    with knock_harness.emulator.running(clock="virtual") as knock:
        address = {"KNOCK_BASE_URL": knock.url, "KNOCK_API_KEY": knock.secret_key}
        done = subprocess.run(
            ["node", "batched-comments.mjs"],
            cwd=node_folder,
            env={**os.environ, **address},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "1 unread: <p>3 comments on Sailing in winter</p>",
        *COMMENTS,
        "0 unread",
    ]
