"""The loss surface around the weights."""
