"""The workflow engine: what comes of a trigger, step by step."""
