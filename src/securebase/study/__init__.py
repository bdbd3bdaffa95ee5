"""Analyses of a cohort: lags, moderation, power, calibration and checks."""
