"""How a caption is written, one timestep at a time."""
