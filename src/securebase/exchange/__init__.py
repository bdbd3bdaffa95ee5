"""Files in and out: tables of sessions, responses and records."""
