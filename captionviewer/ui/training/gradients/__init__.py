"""The view Gradients: how far each word's loss reaches back through time."""
