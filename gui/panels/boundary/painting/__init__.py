"""Painting points on the decision boundary."""
