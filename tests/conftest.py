import os

from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
settings.register_profile("credence", deadline=None)
settings.load_profile("credence")
