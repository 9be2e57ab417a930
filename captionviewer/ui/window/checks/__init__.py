"""The notebooks' checks in a window of their own, and what bugs on purpose do to a training."""
