"""Maximum likelihood for every kind of model: optimiser, boundary, starts, uncertainty, results and comparison."""
