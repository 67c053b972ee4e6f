"""The looks: colours, fonts and numbers as text."""
