"""The view Gradients: how far a loss reaches back, what a run's gradients are, and who remembers."""
