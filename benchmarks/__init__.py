"""The speed figures, runnable by anyone; see the README beside this."""
