"""Predictions: what is judged, whoever the model was."""

from core.predictions.predictions import Predictions, predictions_of

__all__ = ["Predictions", "predictions_of"]
