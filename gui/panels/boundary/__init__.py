"""The decision boundary, and the painting on it."""
