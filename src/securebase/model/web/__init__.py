"""The whole web of the theory as a simulator: every construct a state, every edge a term of the table."""
