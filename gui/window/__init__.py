"""The window: docks, bars, menus, dialogs and files around a session."""
