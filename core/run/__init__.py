"""A run: its history, how an edit turns it into the next, its file and its report."""
