"""The Training panel and its parts."""
