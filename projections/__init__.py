"""Projections: files, scores, checks and lists. Everything here is read from the log and can be read again."""
