"""Witnesses: whoever sees a log's checkpoints from outside, remembers the newest and signs no other history."""
