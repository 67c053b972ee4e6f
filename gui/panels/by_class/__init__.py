"""Reliability, a tile for each class."""
