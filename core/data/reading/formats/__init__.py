"""Formats other than text with a delimiter."""
