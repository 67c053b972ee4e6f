"""Colours, style sheet, icons, and numbers as text."""
