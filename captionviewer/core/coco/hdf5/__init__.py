"""HDF5 files of strangers: plain ones read here, all others by a child process with bounds."""
