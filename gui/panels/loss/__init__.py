"""The curves of loss and other recorded figures."""
