"""Photos on their way to the screen: asked for, loaded in threads, kept."""
