"""The views Runs and Race of Training: runs that are kept, laid beside each other, and raced."""
