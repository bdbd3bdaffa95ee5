"""The simulated demo clinic."""
