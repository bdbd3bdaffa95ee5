"""Securebase: interpersonal psychotherapy and the therapeutic relationship, measured and modelled."""

__version__ = "0.1.0"
