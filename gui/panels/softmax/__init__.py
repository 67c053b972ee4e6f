"""What softmax makes of logits."""
