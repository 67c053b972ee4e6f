"""Predictions: labels beside probabilities or logits, whatever model they come from."""

from core.predictions.predictions import Predictions, predictions_of

__all__ = ["Predictions", "predictions_of"]
