"""Promises that hold across several requests: empty so far."""
