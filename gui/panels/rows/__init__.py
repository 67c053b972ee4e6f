"""The rows, with what the network says of each."""
