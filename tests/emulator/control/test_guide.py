"""The guide for those who test their own code does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from knock_harness.control import Control
from knock_harness.emulator import EmulatorTransport

if TYPE_CHECKING:
    from knock_harness.emulator import Emulator

GUIDE = Path(__file__).parents[3] / "docs" / "testing-your-code.md"


def test_the_examples_of_the_guide_work_one_after_the_other(emulator: Emulator) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    transport, headers = EmulatorTransport(emulator), {"authorization": "Bearer sk_test_tests"}

    with (
        Control("http://127.0.0.1", transport=transport) as control,
        httpx.Client(transport=transport, base_url="http://127.0.0.1", headers=headers) as api,
    ):
        known = {"knock": control.environment("sk_test_tests"), "api": api, "httpx": httpx}
        for example in examples:
            exec(compile(example, str(GUIDE), "exec"), known)  # noqa: S102 - our own text

    assert len(examples) == 6
