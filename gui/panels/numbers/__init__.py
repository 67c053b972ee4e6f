"""What floating point does to probabilities."""
