"""Where a photo comes from: a local folder, the cache, the network, or a stated failure."""
