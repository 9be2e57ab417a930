"""Requests to servers, for photos and archive alike: `request.get`, bounded by one deadline.

request         the address check, the redirects, an answer's head and body
redirect_guard  where a redirect may lead
connection      sockets and sessions that keep the deadline
environment     proxies and certificates, as this computer's settings say
failures        what a request ends in when it brings no answer
untrusted_text  a server's words, fit for a message
"""
