"""The reliability diagram."""
