"""The captioning network in plain NumPy: layers, model, optimizers, solver."""
