"""Calibration: comparison of simulated cohorts with published figures, one verdict each, failures included."""
