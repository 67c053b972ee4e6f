"""One editor for each kind of knob."""
