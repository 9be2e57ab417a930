"""A training run as a thread that speaks in events."""
