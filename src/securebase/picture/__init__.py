"""Picture of one tracked client: evidence gates, signals and sentences."""
