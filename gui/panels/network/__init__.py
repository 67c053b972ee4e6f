"""The network, drawn."""
