"""The gradient of one row, step by step through the chain rule."""
