"""Stored client pictures; the caseload and the client page."""
