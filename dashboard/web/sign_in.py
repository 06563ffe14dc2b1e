"""Let nobody use the workbench who was not given its address: middleware around everything else.

The workbench acts as admin and service of its tenant.  Its port is open to all users of the
machine, and by DNS rebinding to any web page that is open in a browser on it.  Streamlit's own
options do not help: by default it takes any host, it takes pages of any port of the loopback, and
for other origins it asks a server on the internet for the machine's address (seen with 1.67).
"""

from __future__ import annotations

import secrets
from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.text_markers import N_
from dashboard.i18n.translate import LANGUAGES, load_catalogue
from dashboard.web.access_rules import (
    TOKEN_PARAM,
    AccessAttempt,
    AccessDenied,
    AccessGranted,
    AccessRules,
    LeaveTokenOut,
)

_TOKEN_BYTES = 32
_TITLE = N_("Sign in to the workbench")
_REASON = N_(
    "This browser is not signed in: the workbench was restarted, or its address was opened without"
    " the token."
)
_CURE = N_(
    "Open the address that the workbench printed when it started, in the terminal of `make demo` or"
    " `python -m dashboard`. It looks like this: `http://127.0.0.1:{port}/?token=…`"
)
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:10vh auto;padding:0 1rem}"
    "h1{font-size:1.25rem}section+section{margin-top:2.5rem}code{overflow-wrap:anywhere}"
)
_SCRIPT = """
setInterval(async () => {
  const page = await fetch(location.href).catch(() => null);
  if (page?.ok) location.reload();
}, 3000);
"""
"""Returns to the page once the browser is signed in, usually by another tab."""
_HOST_IS_UNKNOWN = (
    "The workbench does not answer to this host name: open it as 127.0.0.1 or localhost, or add the"
    " name to WORKBENCH_DASHBOARD_HOSTS.\n"
)
_OPEN_AGAIN = '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0">'
"""A page that opens itself.

A click on a link of another site sends no cookie, as it is `SameSite=Strict`; the request of this
page, which is the workbench's own, does.
"""


class SignIn:
    """The secrets of one run of the dashboard, which exist in its memory only."""

    def __init__(self, hosts: tuple[str, ...] = (), *, is_required: bool = True) -> None:
        self._token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._is_required = is_required
        self.rules = AccessRules(
            self._token, secrets.token_urlsafe(_TOKEN_BYTES), hosts, is_required=is_required
        )

    def printed_url(self, url: str) -> str:
        """Return the address that signs in whoever opens it while the dashboard runs."""
        return self._with_token(url, self._token)

    def single_use_url(self, url: str) -> str:
        """Return an address that signs in the first who opens it."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self.rules.add_single_use_token(token)
        return self._with_token(url, token)

    def _with_token(self, url: str, token: str) -> str:
        return f"{url}/?{TOKEN_PARAM}={token}" if self._is_required else url


class RequireSignIn:
    """ASGI middleware that checks each request and WebSocket before anything else sees it."""

    def __init__(self, app: ASGIApp, sign_in: SignIn) -> None:
        self._app = app
        self._rules = sign_in.rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Referrer-Policy"] = "same-origin"
                headers.append("Content-Security-Policy", "frame-ancestors 'self'")
            await send(message)

        attempt = _read_attempt(scope)
        decision = self._rules.decide(attempt)
        if isinstance(decision, AccessGranted):
            await self._app(scope, receive, send_with_policy)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it is accepted: 403
        else:
            if isinstance(decision, LeaveTokenOut):
                response = _redirect(decision, is_https=scope["scheme"] == "https")
            else:
                response = _refuse(decision, Headers(scope=scope), attempt.port)
            response.headers["Cache-Control"] = "no-store"
            await response(scope, receive, send_with_policy)


def _read_attempt(scope: Scope) -> AccessAttempt:
    connection = HTTPConnection(scope)
    return AccessAttempt(
        port=scope["server"][1],
        path=scope["path"],
        hosts=connection.headers.getlist("host"),
        origins=connection.headers.getlist("origin"),
        cookies=connection.cookies,
        query=scope["query_string"].decode("latin-1"),
        authorization=connection.headers.get("authorization", ""),
        can_redirect=scope.get("method") == "GET",
    )


def _redirect(decision: LeaveTokenOut, *, is_https: bool) -> Response:
    response = RedirectResponse(decision.location, 303)
    if decision.cookie:
        name, value = decision.cookie
        response.set_cookie(name, value, secure=is_https, httponly=True, samesite="strict")
    return response


def _refuse(reason: AccessDenied, headers: Headers, port: int) -> Response:
    if reason is AccessDenied.HOST:
        return PlainTextResponse(_HOST_IS_UNKNOWN, 403)
    if reason is AccessDenied.ORIGIN or "text/html" not in headers.get("accept", ""):
        return PlainTextResponse("Forbidden\n", 403)
    is_link_of_other_site = headers.get("sec-fetch-site") == "cross-site"
    return HTMLResponse(_OPEN_AGAIN if is_link_of_other_site else _explanation(port), 403)


def _explanation(port: int) -> str:
    """Return a page that says in each language what happened and what to do."""
    sections = []
    for code in LANGUAGES:
        title, reason, cure = map(load_catalogue(code).gettext, (_TITLE, _REASON, _CURE))
        parts = escape(cure.format(port=port)).split("`")
        cure_html = "".join(f"<code>{p}</code>" if n % 2 else p for n, p in enumerate(parts))
        sections.append(
            f'<section lang="{code}"><h1>{escape(title)}</h1>'
            f"<p>{escape(reason)}</p><p>{cure_html}</p></section>"
        )
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(_TITLE)}</title><style>{_STYLE}</style><script>{_SCRIPT}</script></head>"
        f"<body>{''.join(sections)}</body></html>"
    )
