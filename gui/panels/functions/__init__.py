"""The activation functions and losses, with their derivatives."""
