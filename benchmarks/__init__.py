"""Measurements; protocols and results are in README.md."""
