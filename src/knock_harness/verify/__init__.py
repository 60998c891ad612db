"""How a target is judged: the pytest plugin, observations, the verdict and the results of a run."""

from __future__ import annotations

from .leftovers import remove_leftovers
from .plan import Keys, Plan, new_run_name
from .results import Results, Verdict
from .runner import Progress, run_suites

__all__ = ["Keys", "Plan", "Progress", "Results", "Verdict", "new_run_name", "remove_leftovers", "run_suites"]
