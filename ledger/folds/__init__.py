"""Folds: what a record is on a day, as known at a size, and what the rulebook is told about it."""
