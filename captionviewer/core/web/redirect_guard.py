"""How far a redirect may lead: never from the public web into the user's own network.

A data folder comes from a stranger, and so do its addresses. One that names a server in the user's
network is asked (a course may keep its photos there; the answer is only ever shown as a picture). But
a public server must not be able to choose, by a redirect, what this computer asks its router or itself.
"""

import ipaddress

from captionviewer.core.web.failures import RedirectRefused


class RedirectGuard:
    """Watches the connections of one request, redirects included."""

    def __init__(self) -> None:
        self._began_public = False

    def check(self, address: str) -> None:
        """Look at an IP address before connecting to it; raise RedirectRefused when it is not allowed."""
        if is_public(address):
            self._began_public = True
        elif self._began_public:
            raise RedirectRefused(f"it leads into this computer's own network ({address})")


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast
