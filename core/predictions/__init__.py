"""What is judged: labels and probabilities, and the forecasts in them."""
