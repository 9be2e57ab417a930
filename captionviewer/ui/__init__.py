"""The window: Qt widgets over what the core offers."""
