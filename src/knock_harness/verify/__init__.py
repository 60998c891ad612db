"""How a target is judged: the pytest plugin, observations, the verdict and the results of a run."""
