"""Features computed from a picture: the encoders that this program can run itself."""
