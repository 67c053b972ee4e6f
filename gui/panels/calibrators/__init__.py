"""Calibrators, their parameters, maps and priors."""
