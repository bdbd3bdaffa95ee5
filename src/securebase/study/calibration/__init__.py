"""Calibration: does a simulated cohort look like the published ones? One verdict each, failures left in."""
