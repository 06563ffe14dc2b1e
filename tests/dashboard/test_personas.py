"""The personas that a tab can play, on real sockets."""

import threading

import pytest

from dashboard import personas
from dashboard.settings import Settings
from dashboard.sockets.persona_socket import PersonaSocket
from dashboard.sockets.socket_status import SocketPhase


@pytest.fixture
def settings(secret, shared_server, tenant):
    url = f"http://127.0.0.1:{shared_server.port}"
    return Settings(jwt_secret=secret, server_url=url, tenant=tenant)


@pytest.fixture
def dial(settings):
    """Open a line as somebody, and wait until the server has answered."""
    lines = []

    def go(persona):
        source = None if persona.is_anonymous else lambda: persona.token(settings)
        line = PersonaSocket(settings.socket_url, settings.server_address, source)
        lines.append(line)
        answered = threading.Event()
        for type_ in ("auth_success", "auth_error", "pong"):
            line.client.on(type_, lambda _: answered.set())
        line.client.connect()
        if persona.is_anonymous:
            line.client.send("ping", {}, "hello")
        assert answered.wait(30)
        return line

    yield go
    for line in lines:
        line.close()


@pytest.mark.parametrize("name", ["customer", "customer-2", "agent", "admin", "other-tenant"])
def test_those_with_a_good_token_are_live(dial, name):
    line = dial(personas.PERSONAS[name])

    assert line.status().phase is SocketPhase.LIVE
    (welcome,) = (frame for frame in line.frames() if frame.type == "auth_success")
    assert welcome.payload["user_id"] == personas.PERSONAS[name].user_id


def test_a_visitor_is_live_without_a_token(dial):
    line = dial(personas.ANONYMOUS)

    assert line.status().phase is SocketPhase.LIVE
    assert [frame.type for frame in line.frames()][-1] == "pong"


def test_an_expired_token_is_refused_and_the_line_says_why(dial):
    link = dial(personas.EXPIRED_CUSTOMER).status()

    assert link.phase is SocketPhase.REFUSED
    assert link.reason == "Invalid or expired token"


def test_a_line_hears_what_its_persona_may(dial):
    line = dial(personas.CUSTOMER)

    line.client.request("subscribe", {"channel": "user:user_1"})

    types = [frame.type for frame in line.frames()]
    assert types.index("subscribe") < types.index("subscribed")


def test_a_closed_line_stays_closed(dial):
    line = dial(personas.CUSTOMER)

    line.close()

    assert line.status().phase is not SocketPhase.LIVE


def test_a_visitor_has_no_token(settings):
    with pytest.raises(ValueError, match="anonymous"):
        personas.ANONYMOUS.token(settings)


def test_every_persona_has_a_title():
    assert personas.LABELS.keys() == personas.PERSONAS.keys()
