"""Proxies and certificates, as this computer's settings say, looked at before a server is asked.

What requests makes of a wrong setting reads as if the server were at fault, and asking again is no use.
"""

import os
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from captionviewer.core.web.failures import NetworkSettingsError
from captionviewer.core.web.untrusted_text import quoted

_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Proxy:
    """A proxy that stands between this computer and a server.

    Attributes
    ----------
    server : str
        "http://127.0.0.1:3128": without the user name and password that may be in the setting.
    setting : str
        The environment variable that names it, "" where the system's own settings do.
    """

    server: str
    setting: str

    def __str__(self) -> str:
        return f"the proxy {self.server} ({self.setting or 'set for this computer'})"


def proxy_for(address: str) -> Proxy | None:
    """Return the proxy that an address is asked through; None where it is asked directly.

    Raises
    ------
    NetworkSettingsError
        What is set is no proxy's address.
    """
    text = select_proxy(address, get_environ_proxies(address))
    if not text:
        return None
    setting = _variable_of(text, urlsplit(address).scheme)
    where = setting or "the proxy setting of this computer"
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        parse_url(parts.geturl())
        host, port = parts.hostname, parts.port
    except (ValueError, LocationParseError):
        host, port = None, None
    shown = quoted(text.rpartition("@")[2], 80)  # a password is nobody's business
    if not host or not text.isprintable() or " " in text:
        raise NetworkSettingsError(f"{where} is {shown!r}, which is no address of a proxy")
    if parts.scheme not in _SCHEMES:
        known = ", ".join(_SCHEMES)
        raise NetworkSettingsError(f"{where} is {shown!r}: proxies of the kinds {known} can be used")
    return Proxy(f"{parts.scheme}://{host}" + (f":{port}" if port is not None else ""), setting)


def _variable_of(text: str, scheme: str) -> str:
    for name in (f"{scheme}_proxy", "all_proxy"):
        for spelled in (name, name.upper()):
            if os.environ.get(spelled) == text:
                return spelled
    return ""


def check_certificates(verify: bool | str | None) -> None:
    """See that the certificates which an environment variable names can be used.

    Parameters
    ----------
    verify
        What requests is about to use: a path where a variable names one.

    Raises
    ------
    NetworkSettingsError
        They are not there, or are no certificates.
    """
    if not isinstance(verify, str):
        return
    variable = next((name for name in _CERTIFICATE_VARIABLES if os.environ.get(name) == verify), "A setting")
    folder = os.path.isdir(verify)  # noqa: PTH112  never raises
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
            None if folder else verify, verify if folder else None
        )
    except (OSError, ValueError) as error:  # ssl's own errors are OSErrors
        missing = isinstance(error, FileNotFoundError)
        why = "which is not there" if missing else "which can't be read as certificates"
        raise NetworkSettingsError(f"{variable} names {quoted(verify)}, {why}") from error
