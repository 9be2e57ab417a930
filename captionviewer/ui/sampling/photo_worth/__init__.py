"""The view *Photo's worth*: what is said with other photos, figures over val, a network trained blind."""
