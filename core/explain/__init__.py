"""The mathematics behind pictures."""
