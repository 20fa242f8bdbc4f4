"""Where a request comes from, also behind proxies."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

OWN_MACHINE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
"""A peer here is this machine's own proxy (or somebody already on the machine)."""


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a comma-separated list of addresses and networks.

    >>> networks("10.0.0.5, 10.1.0.0/16")
    (IPv4Network('10.0.0.5/32'), IPv4Network('10.1.0.0/16'))
    """
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def client_address(request: HttpRequest) -> str:
    """Return the address of whoever asks: the peer, or, where that is a trusted proxy, whom the proxy names.

    ``X-Forwarded-For`` is read from its end, as each proxy appends whom it speaks with; the first address that is not
    a trusted proxy's is the client's. What a client writes in front of it is never believed.
    """
    peer = _parse(request.META.get("REMOTE_ADDR", ""))
    named = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    found = peer
    while named and _trusted(found):
        before = _parse(named.pop())
        if before is None:
            break
        found = before
    return "" if found is None else str(found)


def _parse(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _trusted(address: Address | None) -> bool:
    # A proxy on a Unix socket has no address.
    return address is None or any(address in network for network in (*OWN_MACHINE, *settings.TRUSTED_PROXIES))
