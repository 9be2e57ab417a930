"""What the panels share, in parts that each know one thing."""
