"""The download in the window: a dialog that may be put away while the download goes on."""
