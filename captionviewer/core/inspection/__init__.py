"""What goes on inside the network: states, gates, units, gradients through time, what the photo is worth."""
