"""Frozen records of a course of therapy, without database or files."""
