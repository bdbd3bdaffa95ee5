"""Paths from a cause through mediators to the outcome."""
