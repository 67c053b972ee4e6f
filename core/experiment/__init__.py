"""What a user chose to do, and what is being looked at."""

from core.experiment.experiment import Experiment, experiment_from_mapping

__all__ = ["Experiment", "experiment_from_mapping"]
