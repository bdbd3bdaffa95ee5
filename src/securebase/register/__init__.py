"""The register: what covers each kind of support that a claim needs, found by running it.

Above every other room; only the documentation and the tests use it.
"""
