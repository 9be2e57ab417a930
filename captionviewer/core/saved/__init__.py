"""What is written to disk of a model, and how a stranger's file is checked."""
