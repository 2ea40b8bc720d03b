"""The rules: pure functions and frozen records, standard library only; no clock, no network, no database.

Start with `counting.count` (observation → usage), `wanting.wanted_items` (usage → what the items should be) and `planning.plan` (charges → plan);
the words are in `model`, `psa` and `plan`, the reasons in `reasons`.
"""
