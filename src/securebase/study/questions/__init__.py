"""Further questions that a study can answer: one file each, with its rule and its sentences."""
