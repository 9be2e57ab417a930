"""Two models side by side: the same photo, timestep and forced beginning in both."""
