"""The one owner of what is present, and the threads that work for it."""
