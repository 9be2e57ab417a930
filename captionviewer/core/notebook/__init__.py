"""What the notebook's cells call that needs more than one room."""
