"""Requests to servers: connections, deadlines, and where a redirect may lead."""
