"""Estimates of the edges of the theory from one table: one estimator for each way in which its columns are asked."""
