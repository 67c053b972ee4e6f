"""How well predictions do: accuracy, AUC, scores, thresholds and costs."""
