"""The main window: its docks, menus and actions, and the protocol of closing."""
