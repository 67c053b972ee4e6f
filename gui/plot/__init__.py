"""What plots share: canvas, axes, layers, images, points."""
