"""The table of a clinic: one row a session, with everything that was recorded about it."""
