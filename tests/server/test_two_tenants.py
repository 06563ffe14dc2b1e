"""Two tenants on one server, or on two nodes of a cluster: neither disturbs the other."""

import pytest

from tests.server.order_events import new_order, order_update

CHAT = {"content": "Номер картки 4149 …"}


@pytest.fixture(params=["one server", pytest.param("two nodes", marks=pytest.mark.external)])
async def servers(request, serve):
    """Where the shop's and the bookshop's clients are connected."""
    if request.param == "one server":
        server = await serve()
        return server, server
    options = {
        "redis_url": request.getfixturevalue("redis_server").url,
        "redis_prefix": request.getfixturevalue("redis_prefix"),
    }
    return await serve(node="a", **options), await serve(node="b", **options)


async def test_an_id_that_another_tenant_has_taken_can_be_used_all_the_same(servers, token):
    shop, books = servers
    taken = [new_order(f"ord_{number}", "thief", "books") for number in range(100)]
    assert (await books.publish(taken, token("thief", "admin", tenant_id="books")))[0] == 200

    placed = await shop.publish([new_order("ord_7", "olena"), new_order("ord_100", "olena")])
    olena, boss = await shop.sign_in("olena"), await books.sign_in("boss", "admin")
    thief = await books.sign_in("thief", "admin", tenant_id="books")
    for client in (olena, boss, thief):
        assert (await client.subscribe("order:ord_7"))["type"] == "subscribed"
    _, sent = await books.publish(order_update("ord_7", "paid"), token("boss", "admin"))

    assert placed[0] == 200
    assert sent["accepted"] == 1
    for client in (olena, boss):
        assert (await client.next_event("order_update"))["payload"]["status"] == "paid"
    assert await thief.is_silent()


async def test_neither_tenant_learns_which_orders_the_other_has(servers, token):
    shop, books = servers
    await shop.publish(new_order("ord_1", "olena"))
    thief = token("thief", "admin", tenant_id="books")
    spy = await books.connect(thief)

    answers = [await books.publish(order_update(id, "paid"), thief) for id in ("ord_1", "ord_404")]
    refusals = [await spy.subscribe(f"order:{id}") for id in ("ord_1", "ord_404")]

    assert [status for status, _ in answers] == [403, 403]
    assert answers[0] == answers[1]
    assert refusals[0]["payload"] == refusals[1]["payload"]


async def test_what_is_recovered_of_an_order_is_the_own_tenants(servers, token):
    shop, books = servers
    service = token("svc", "service")
    await shop.publish(new_order("ord_1", "olena"))
    await books.publish(new_order("ord_1", "ivan", "books"))
    olena = await shop.sign_in("olena")
    place = (await olena.subscribe("order:ord_1", recoverable=True))["payload"]
    await olena.ask("unsubscribe", {"channel": "order:ord_1"})
    await books.publish(order_update("ord_1", "shipped") | {"tenant": "books"})
    await shop.publish(order_update("ord_1", "paid"), service)

    since = {"epoch": place["epoch"], "offset": place["offset"]}
    reply = await olena.subscribe("order:ord_1", recoverable=True, since=since)
    missed = await olena.next_event("order_update")

    assert (reply["payload"]["recovered"], reply["payload"]["channel"]) == (True, "order:ord_1")
    assert (missed["payload"]["status"], missed["channel"]) == ("paid", "order:ord_1")
    assert missed["offset"] == place["offset"] + 1
    assert await olena.is_silent()
    last = await (ivan := await books.sign_in("ivan", tenant_id="books")).subscribe(
        "order:ord_1", last=True
    )
    assert last["type"] == "subscribed"
    assert (await ivan.next_event("order_update"))["payload"]["status"] == "shipped"


async def test_an_order_that_changes_hands_is_left_alone_in_the_other_tenant(servers):
    shop, books = servers
    await shop.publish(new_order("ord_1", "olena"))
    await books.publish(new_order("ord_1", "olena", "books"))
    here, there = await shop.sign_in("olena"), await books.sign_in("olena", tenant_id="books")
    for client in (here, there):
        await client.subscribe("order:ord_1")

    await books.publish(new_order("ord_1", "ivan", "books"))

    assert (await there.next_event("unsubscribed"))["payload"] == {"channel": "order:ord_1"}
    assert await here.is_silent()


async def test_a_tenants_monitor_counts_its_own_orders(servers, token):
    shop, books = servers
    watcher = await books.sign_in("boss", "admin")
    await watcher.subscribe("monitor:shop")
    nodes = []
    while len(nodes) < len({shop, books}):  # by then the leader sees what is published
        nodes = (await watcher.next_event("stats"))["payload"]["nodes"]
    await shop.publish([new_order("ord_1", "olena"), new_order("ord_1", "ivan", "books")])
    olena, ivan = await shop.sign_in("olena"), await books.sign_in("ivan", tenant_id="books")
    for client in (olena, ivan):
        await client.subscribe("order:ord_1")

    await shop.publish([order_update("ord_1", "shipped") | {"tenant": "books"}] * 2)
    await shop.publish(order_update("ord_1", "paid"))

    orders = {"messages": 0}
    while not orders["messages"]:
        kinds = (await watcher.next_event("traffic"))["payload"]["kinds"]
        orders = kinds.get("order", orders)
    assert (orders["messages"], orders["deliveries"]) == (1, 1)


async def test_a_token_without_a_role_gets_orders_but_no_chat(servers):
    shop, books = servers
    manager, maria = await shop.sign_in("manager", role=None), await shop.sign_in("maria", "agent")
    wishes = {"recoverable": True}
    place = (await manager.subscribe("tenant:shop", **wishes))["payload"]
    await maria.subscribe("tenant:shop")
    olena = await books.sign_in("olena")

    await olena.ask("chat_message", CHAT)
    await books.publish(new_order("ord_1", "olena"))
    await olena.ask("chat_message", CHAT)

    assert [(await maria.next_event())["type"] for _ in range(3)] == [
        "chat_message",
        "new_order",
        "chat_message",
    ]
    assert (await manager.next_event())["type"] == "new_order"
    since = {"epoch": place["epoch"], "offset": place["offset"]}
    again = await shop.sign_in("manager", role=None)
    reply = await again.subscribe("tenant:shop", **wishes, since=since)
    assert reply["payload"]["recovered"] is True
    assert (await again.next_event())["type"] == "new_order"
    await again.subscribe("tenant:shop", last=True)
    for client in (manager, again):
        assert await client.is_silent()


async def test_an_admin_sees_no_counts_of_another_tenant(servers, token):
    shop, books = servers
    noisy = await books.sign_in("ivan", tenant_id="books")
    for _ in range(5):
        await noisy.subscribe("tenant:shop")
    left = await shop.sign_in("maria", tenant_id="books")
    await left.socket.close()
    boss = await shop.sign_in("boss", "admin")
    await boss.subscribe("monitor:shop")

    def counts(nodes):
        return [
            sum(node["connections"] for node in nodes),
            sum(node["connected"] - node["left"] for node in nodes),
            sum(node["refusals"].get("forbidden", 0) for node in nodes),
            sum(sum(node["closes"].values()) for node in nodes),
        ]

    nodes = []
    while len(nodes) < len({shop, books}) or counts(nodes) != [1, 1, 0, 0]:
        nodes = (await boss.next_event("stats"))["payload"]["nodes"]
    ours = await shop.request("GET", "/api/nodes", token("boss", "admin"))
    theirs = await shop.request("GET", "/api/nodes", token("boss", "admin", tenant_id="books"))

    assert counts(ours[1]["nodes"]) == [1, 1, 0, 0]
    assert counts(theirs[1]["nodes"]) == [1, 1, 5, 1]
    assert all(node["uptime_s"] > 0 for node in ours[1]["nodes"])
