"""The network: its layers, their first weights, forward and backward."""
