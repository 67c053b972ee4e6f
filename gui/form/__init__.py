"""The form of the knobs, and an editor for each kind of them."""
