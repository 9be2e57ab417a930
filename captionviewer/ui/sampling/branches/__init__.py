"""Another word forced, and the captions that follow, kept as rows."""
