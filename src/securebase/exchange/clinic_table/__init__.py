"""The table of a clinic: one row per session, with its scores, numbers and choices."""
