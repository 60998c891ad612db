"""`python -m knock_harness.cli`: the command line without the installed script."""

from __future__ import annotations

from knock_harness.cli import main

main()
