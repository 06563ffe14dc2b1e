"""Personas on real sockets."""

import threading
import time

import jwt
import pytest

from dashboard import personas
from dashboard.settings import Settings
from dashboard.sockets.persona_socket import PersonaSocket
from dashboard.sockets.socket_status import SocketPhase
from protocol.simulator_api import ShopLanguage
from simulator.shop.components import ShopData


@pytest.fixture
def settings(secret, shared_server, tenant):
    url = f"http://127.0.0.1:{shared_server.port}"
    return Settings(jwt_secret=secret, server_url=url, tenant=tenant)


@pytest.fixture
def connect(settings):
    """Connect as a persona and wait until the server has answered."""
    sockets = []

    def go(persona):
        source = None if persona.is_anonymous else lambda: persona.token(settings)
        socket = PersonaSocket(settings.socket_url, settings.server_address, source)
        sockets.append(socket)
        answered = threading.Event()
        for type_ in ("auth_success", "auth_error", "pong"):
            socket.client.on(type_, lambda _: answered.set())
        socket.client.connect()
        if persona.is_anonymous:
            socket.client.send("ping", {}, "hello")
        assert answered.wait(30)
        return socket

    yield go
    for socket in sockets:
        socket.close()


@pytest.mark.parametrize("name", ["customer", "customer-2", "agent", "admin", "other-tenant"])
def test_personas_with_a_valid_token_are_live(connect, name):
    socket = connect(personas.PERSONAS[name])

    assert socket.status().phase is SocketPhase.LIVE
    (welcome,) = (frame for frame in socket.frames() if frame.type == "auth_success")
    assert welcome.payload["user_id"] == personas.PERSONAS[name].user_id


def test_an_anonymous_visitor_is_live_without_a_token(connect):
    socket = connect(personas.ANONYMOUS)

    assert socket.status().phase is SocketPhase.LIVE
    assert [frame.type for frame in socket.frames()][-1] == "pong"


def test_an_expired_token_is_refused_with_a_reason(connect):
    status = connect(personas.EXPIRED_CUSTOMER).status()

    assert status.phase is SocketPhase.REFUSED
    assert status.reason == "Invalid or expired token"


def test_a_socket_subscribes_as_its_persona(connect):
    socket = connect(personas.CUSTOMER)

    socket.client.request("subscribe", {"channel": "user:user_1"})

    types = [frame.type for frame in socket.frames()]
    assert types.index("subscribe") < types.index("subscribed")


def test_a_closed_socket_stays_closed(connect):
    socket = connect(personas.CUSTOMER)

    socket.close()

    assert socket.status().phase is not SocketPhase.LIVE


def test_a_visitor_has_no_token(settings):
    with pytest.raises(ValueError, match="anonymous"):
        personas.ANONYMOUS.token(settings)


@pytest.mark.parametrize("name", ["customer", "expired", "short-lived", "visitor"])
def test_a_fresh_token_is_valid_and_names_the_personas_user(settings, secret, name):
    persona = personas.PERSONAS[name]

    claims = jwt.decode(persona.fresh_token(settings), secret, algorithms=["HS256"])

    assert claims["user_id"] == (persona.user_id or personas.CUSTOMER.user_id)


def test_the_fresh_token_of_the_short_lived_persona_is_short_lived_too(settings, secret):
    persona = personas.SHORT_LIVED_CUSTOMER

    claims = jwt.decode(persona.fresh_token(settings), secret, algorithms=["HS256"])

    assert claims["exp"] - time.time() <= 60


def test_every_persona_has_a_label():
    assert personas.LABELS.keys() == personas.PERSONAS.keys()


@pytest.mark.parametrize("language", ShopLanguage)
def test_customers_have_the_names_that_the_shop_gives_them(language):
    customers = ShopData.load(language).customers

    for persona in (personas.CUSTOMER, personas.SECOND_CUSTOMER):
        number = int(persona.user_id.removeprefix("user_"))
        assert personas.in_language(persona, language).name == customers.customer(number).name


def test_every_persona_has_an_english_name():
    for persona in personas.PERSONAS.values():
        assert personas.in_language(persona, ShopLanguage.ENGLISH).name.isascii()
