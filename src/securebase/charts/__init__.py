"""Charts of pictures, studies and records, each drawn by one file."""
