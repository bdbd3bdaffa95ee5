"""Estimates of the edges of the theory from one table: one estimator for each kind of edge and sampling."""
