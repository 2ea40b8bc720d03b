"""Measures how much a day's run costs beside a bare client that makes the same calls: `python -m benchmarks`."""
