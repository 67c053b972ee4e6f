"""Every knob of an Experiment, a file for each section."""
