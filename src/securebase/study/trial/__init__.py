"""Comparison of treatment arms: effects at the planned end, equivalence, therapists, dropout and flow."""
