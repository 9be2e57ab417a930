"""The view *Tree*: a beam search timestep by timestep, the likeliest caption proved, width and quality."""
