"""Tallybridge: the right quantity on every agreement, every day, and the evidence for each unit."""

__version__ = "0.1.0"
