"""Plots drawn by Matplotlib: the place they are shown in, and their export."""
