import os

from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the application has it
settings.register_profile("credence", deadline=None)
settings.load_profile("credence")
