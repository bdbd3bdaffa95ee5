"""Constructs, instruments, scoring and change."""
