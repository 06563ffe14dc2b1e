"""Who may use the workbench: its hosts, its origin and its token.  Pure.

The token in the address that the dashboard prints is exchanged for a cookie, as Jupyter does.  The
name of the cookie contains the port: browsers send cookies to every port of a host, and two
workbenches must not replace each other's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from hmac import compare_digest
from urllib.parse import quote, unquote_plus

from msgspec import Struct

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
TOKEN_PARAM = "token"  # noqa: S105 - the name of it
METRICS_PATH = "/metrics"
HEALTH_PATH = "/_stcore/health"
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?P<port>:[0-9]+)?", re.IGNORECASE)


class AccessAttempt(Struct, frozen=True, kw_only=True):
    """What a request or a WebSocket's handshake says about its sender.

    ``can_redirect`` is whether it is a GET, whose sender follows a redirect.
    """

    port: int
    path: str
    hosts: Sequence[str]
    origins: Sequence[str] = ()
    cookies: Mapping[str, str] = {}
    query: str = ""
    authorization: str = ""
    can_redirect: bool = False


class AccessDenied(Enum):
    """Why a request is refused."""

    HOST = "the host name is not one of the workbench's"
    ORIGIN = "the request comes from a page of another origin"
    NOT_SIGNED_IN = "there is no valid token or cookie"


class AccessGranted(Struct, frozen=True):
    """The request is answered."""


class LeaveTokenOut(Struct, frozen=True):
    """The browser is sent to the address without its token, which may sign it in.

    ``location`` is relative to the address; ``cookie`` is a name and a value.
    """

    location: str
    cookie: tuple[str, str] | None


AccessDecision = AccessGranted | AccessDenied | LeaveTokenOut


class AccessRules:
    """The rules of one workbench, with the secrets of its run.

    A token of ``add_single_use_token`` signs in once: a browser's command line, where every user
    of the machine can read the address that it opens, keeps nothing valid.
    """

    def __init__(
        self, token: str, cookie_value: str, hosts: Sequence[str] = (), *, is_required: bool = True
    ) -> None:
        self._token, self._cookie_value = token, cookie_value
        self._hosts = frozenset(name.lower() for name in (*LOOPBACK_HOSTS, *hosts))
        self._is_required = is_required
        self._single_use_tokens: list[str] = []

    def add_single_use_token(self, token: str) -> None:
        """Accept a token in an address, once."""
        self._single_use_tokens.append(token)

    def decide(self, attempt: AccessAttempt) -> AccessDecision:
        """Decide on a request; a single-use token that it has is then used up."""
        if any(not _is_same_origin(origin, attempt.hosts) for origin in attempt.origins):
            return AccessDenied.ORIGIN
        if attempt.path == HEALTH_PATH:
            return AccessGranted()
        if len(attempt.hosts) != 1 or host_name(attempt.hosts[0]) not in self._hosts:
            return AccessDenied.HOST
        if not self._is_required:
            return AccessGranted()
        is_signed_in = _is_equal(
            attempt.cookies.get(cookie_name(attempt.port), ""), self._cookie_value
        )
        token, location = take_token(attempt.path, attempt.query)
        if token is not None and attempt.can_redirect:
            if self._accept(token):
                return LeaveTokenOut(location, (cookie_name(attempt.port), self._cookie_value))
            if is_signed_in:
                return LeaveTokenOut(location, None)
        elif is_signed_in or self._is_scrape(attempt):
            return AccessGranted()
        return AccessDenied.NOT_SIGNED_IN

    def _accept(self, token: str) -> bool:
        if _is_equal(token, self._token):
            return True
        used = [each for each in self._single_use_tokens if _is_equal(token, each)]
        for each in used:
            self._single_use_tokens.remove(each)
        return bool(used)

    def _is_scrape(self, attempt: AccessAttempt) -> bool:
        scheme, _, token = attempt.authorization.partition(" ")
        is_bearer = scheme.lower() == "bearer" and _is_equal(token.strip(), self._token)
        return attempt.path == METRICS_PATH and is_bearer


def host_name(host: str) -> str | None:
    """Return the name of a ``Host`` header in lower case, without the port; None if malformed."""
    found = _HOST.fullmatch(host)
    return found["name"].lower() if found else None


def is_host_name(text: str) -> bool:
    """Tell whether the text is a host name or an address without scheme, port and path."""
    found = _HOST.fullmatch(text)
    return found is not None and found["port"] is None


def cookie_name(port: int) -> str:
    """Return the name of the cookie of the workbench at a port."""
    return f"workbench_{port}"


def take_token(path: str, query: str) -> tuple[str | None, str]:
    """Return the token in an address, and the address without it, relative to itself.

    All other parameters stay as they are.  A relative address also holds behind a proxy that
    removes a part of the path, and cannot lead to another host.
    """
    token, rest = None, []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        if unquote_plus(name) == TOKEN_PARAM:
            token = unquote_plus(value)
        else:
            rest.append(part)
    location = "./" + quote(path.rpartition("/")[2])
    return token, f"{location}?{'&'.join(rest)}" if rest else location


def _is_same_origin(origin: str, hosts: Sequence[str]) -> bool:
    """Tell whether a page's origin is the address of the request: host and port are the same."""
    return any(origin in (f"http://{host}", f"https://{host}") for host in hosts)


def _is_equal(given: str, secret: str) -> bool:
    return compare_digest(given.encode(), secret.encode())
