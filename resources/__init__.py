"""Data sets, icons, lessons and translations that come with the program."""
