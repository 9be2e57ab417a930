"""The numerical core and the data set: NumPy, h5py, Pillow and requests, never Qt."""
