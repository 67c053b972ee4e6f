"""The table of figures and the confusion matrix."""
