"""The base of the SDK's clients; here every request is refused."""

from __future__ import annotations

from modelgroups.arthurai._absent import NO_HTTP, absent

__all__ = ["AbstractHTTPClient"]


class AbstractHTTPClient:
    """What ``ArthurAI().client`` is an instance of; its requests are refused."""

    send = staticmethod(absent("client.send", NO_HTTP))
    get = staticmethod(absent("client.get", NO_HTTP))
    post = staticmethod(absent("client.post", NO_HTTP))
    patch = staticmethod(absent("client.patch", NO_HTTP))
    put = staticmethod(absent("client.put", NO_HTTP))
    delete = staticmethod(absent("client.delete", NO_HTTP))
