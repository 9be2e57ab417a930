"""The Data panel and its parts."""
