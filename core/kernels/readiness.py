def is_ready(precision): return True
