"""The window: one session that alone changes, and panels that draw what it holds."""
