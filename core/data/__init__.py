"""Data: drawn, bundled or read from a file, and made ready for training."""
