"""Somebody's end of the Inbox, and an order on two sockets, at a real server."""

import json
import time
import urllib.request

import pytest

from dashboard.ask import Asker
from dashboard.following import Following
from dashboard.line import Line
from dashboard.order_news import as_heard, news
from dashboard.orderbook import Orders
from dashboard.party import NotSaid, Party
from dashboard.personas import ADMIN, AGENT, CUSTOMER, EXPIRED, SECOND_CUSTOMER
from dashboard.settings import Settings
from protocol.codec import iso, write
from protocol.events import OrderStatus

PATIENCE_S = 30
NOON = 1_700_000_000.0


def until(ask, wanted):
    """Ask until the answer is as wanted; returns it."""
    deadline = time.monotonic() + PATIENCE_S
    while not wanted(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    return answer


@pytest.fixture
def settings(secret, shared_server, tenant):
    url = f"http://127.0.0.1:{shared_server.port}"
    return Settings(jwt_secret=secret, server_url=url, tenant=tenant)


@pytest.fixture
def dial(settings):
    lines = []

    def go(persona):
        line = Line(settings.socket_url, settings.server_address, lambda: persona.token(settings))
        lines.append(line)
        line.socket.connect()
        return line

    yield go
    for line in lines:
        line.close()


@pytest.fixture
def attend(settings, dial):
    """Open somebody's end, and wait until they are signed in."""

    def go(persona, remembered=lambda: ()):
        server = Asker(settings.server_url, lambda: persona.token(settings))
        party = Party(dial(persona), server, remembered)
        if persona.is_staff:
            party.line.socket.subscribe(f"tenant:{settings.tenant}")
        until(party.line.link, lambda link: link.is_live)
        if persona.is_staff:
            heard = party.line.frames
            until(heard, lambda frames: any(frame.type == "subscribed" for frame in frames))
        return party

    return go


@pytest.fixture
def publish(settings, token):
    def go(channel, type_, payload):
        request = urllib.request.Request(
            f"{settings.server_url}/api/publish",
            write({"channel": channel, "type": type_, "payload": payload}),
            {"Authorization": f"Bearer {token('shop', 'service', tenant_id=settings.tenant)}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    return go


def note(n=1, at=NOON):
    payload = {"id": f"n_{n}", "title": "Увага", "body": "Прямує"}
    return {"type": "notification", "payload": payload, "timestamp": iso(at)}


@pytest.fixture
def order_id(tenant):
    """An order's id is the same in all shops of a server."""
    return f"ord_{tenant}"


def words(talks):
    return [[line.words for line in talk.lines] for talk in talks]


def test_what_a_customer_says_is_heard_by_the_staff_and_the_other_way_round(attend):
    customer, agent = attend(CUSTOMER), attend(AGENT)

    talk_id = customer.say("Коли відправите?", None)
    (talk,) = until(agent.talks, lambda talks: talks and talks[0].customer)
    agent.say("Сьогодні.", talk_id)

    assert (talk.id, talk.customer.id) == (talk_id, CUSTOMER.user_id)
    for end in (customer, agent):
        said = until(end.talks, lambda talks: len(talks[0].lines) == 2)
        assert words(said) == [["Коли відправите?", "Сьогодні."]]
        assert said[0].person().sender == AGENT.name


def test_another_customer_hears_nothing_of_it(attend):
    customer, other = attend(CUSTOMER), attend(SECOND_CUSTOMER)

    talk_id = customer.say("Це лише між нами", None)

    assert other.talks() == ()
    with pytest.raises(NotSaid, match="Cannot access this conversation"):
        other.say("Підслухав", talk_id)


def test_what_was_said_before_is_there_for_who_comes_later(attend):
    customer = attend(CUSTOMER)
    talk_id = customer.say("Раз", None)
    customer.say("Два", talk_id)

    agent = attend(AGENT)
    (listed,) = agent.talks()

    assert words([listed]) == [["Два"]]
    assert words([agent.recall(listed)]) == [["Раз", "Два"]]


def test_what_reaches_a_customer_is_kept(attend, publish):
    customer = attend(CUSTOMER)

    publish(f"user:{CUSTOMER.user_id}", "notification", note()["payload"])

    mail = until(customer.mail, lambda mail: mail.notes)
    assert [one.title for one in mail.notes] == ["Увага"]


def test_what_others_heard_before_is_there_and_counts_once(attend):
    customer = attend(CUSTOMER, remembered=lambda: [note(1), note(2, NOON + 1)])
    customer.hear(note(1))

    assert [one.id for one in customer.mail().notes] == ["n_2", "n_1"]


def test_what_cannot_be_understood_is_passed_over(attend):
    customer = attend(CUSTOMER)

    customer.hear({"type": "notification", "payload": {"id": 5}, "timestamp": iso(NOON)})
    customer.hear({"type": "notification", "payload": {}, "timestamp": "today"})

    assert customer.mail().notes == ()


def test_nothing_can_be_said_with_a_token_that_has_expired(dial, settings):
    server = Asker(settings.server_url, lambda: EXPIRED.token(settings))
    party = Party(dial(EXPIRED), server, lambda: (), say_timeout_s=0.2)
    until(party.line.link, lambda link: link.why)

    with pytest.raises(NotSaid):
        party.say("Агов", None)
    assert party.talks() == ()


def test_an_order_is_heard_by_its_customer_and_by_the_shop(dial, publish, shop, tenant, order_id):
    order = shop.order(order_id)
    publish(f"tenant:{tenant}", "new_order", shop.placed(order_id))
    book = Orders()
    book.placed(order, NOON)
    following = Following(order.id, dial(CUSTOMER), dial(ADMIN))
    for heard in (following.heard_by_customer, following.heard_by_shop):
        until(
            lambda heard=heard: heard(time.time()),
            lambda messages: any(message["type"] == "subscribed" for _, message in messages),
        )

    publish(f"order:{order_id}", "order_update", {"order_id": order_id, "status": "shipped"})

    def told():
        now = time.time()
        return news(following.heard_by_customer(now), following.heard_by_shop(now), order_id)

    (one,) = until(told, lambda told: told and told[0].apart_ms is not None)
    assert one.status == "shipped"
    assert one.customer_ms is not None
    known = as_heard(book.newest_first()[0], following.heard_by_customer(time.time()))
    assert known is not None
    assert known.status is OrderStatus.SHIPPED


def test_who_comes_late_hears_the_last_news_and_takes_no_time_from_it(
    dial, publish, shop, tenant, order_id
):
    publish(f"tenant:{tenant}", "new_order", shop.placed(order_id))
    publish(f"order:{order_id}", "order_update", {"order_id": order_id, "status": "paid"})

    following = Following(order_id, dial(CUSTOMER), dial(ADMIN))

    def told():
        return news(following.heard_by_customer(time.time()), [], order_id)

    (one,) = until(told, lambda told: told)
    assert (one.status, one.customer_ms) == ("paid", None)


def test_a_page_that_is_held_hears_nothing_that_came_later(dial, publish, shop, tenant, order_id):
    publish(f"tenant:{tenant}", "new_order", shop.placed(order_id))
    following = Following(order_id, dial(CUSTOMER), dial(ADMIN))
    until(lambda: following.heard_by_shop(time.time()), lambda heard: heard)

    assert following.heard_by_shop(NOON) == []
