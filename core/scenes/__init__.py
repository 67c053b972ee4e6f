"""Scenes: what each panel shows, as frozen values computed from a run, a state and a view."""
