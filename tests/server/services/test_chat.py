"""Support chat: who receives a message, who may send it, and that it is stored."""

import pytest

HELLO = {"content": "Добрий день! Коли відправите?"}


async def open_conversation(client):
    reply = await client.ask("chat_message", HELLO)
    return reply["payload"]["conversation_id"]


async def test_a_customers_first_message_opens_a_conversation_and_reaches_the_staff(server):
    olena = await server.sign_in("olena", name="Олена")
    maria = await server.sign_in("maria", "agent")
    await maria.subscribe("tenant:shop")

    own = await olena.ask("chat_message", HELLO)
    received = await maria.next_event()

    assert own["type"] == received["type"] == "chat_message"
    assert own["payload"] == received["payload"]
    message = own["payload"]["message"]
    assert (message["sender_id"], message["sender_name"]) == ("olena", "Олена")
    assert message["content"] == HELLO["content"]
    assert {"id", "created_at"} < set(message)
    assert "id" not in received
    assert await olena.is_silent()


async def test_the_senders_other_connections_get_one_copy_each(server):
    laptop, phone = await server.sign_in("olena"), await server.sign_in("olena")

    await laptop.ask("chat_message", HELLO)

    assert (await phone.next_event())["payload"]["message"]["content"] == HELLO["content"]
    assert await phone.is_silent()
    assert await laptop.is_silent()


async def test_an_agents_answer_reaches_the_customer_and_the_other_agents(server):
    olena = await server.sign_in("olena")
    maria, pavlo = await server.sign_in("maria", "agent"), await server.sign_in("pavlo", "agent")
    for agent in (maria, pavlo):
        await agent.subscribe("tenant:shop")
    conversation = await open_conversation(olena)
    for agent in (maria, pavlo):
        await agent.next_event()

    answer = await maria.ask(
        "chat_message", {"conversation_id": conversation, "content": "Сьогодні"}
    )

    for client in (olena, pavlo):
        assert (await client.next_event())["payload"] == answer["payload"]
    assert await maria.is_silent()


async def test_a_sender_cannot_pretend_to_be_another_user(server):
    olena = await server.sign_in("olena")

    reply = await olena.ask("chat_message", HELLO | {"sender_id": "boss", "message": {"id": "1"}})

    assert reply["payload"]["message"]["sender_id"] == "olena"


async def test_strangers_may_not_write_and_do_not_learn_what_exists(server):
    conversation = await open_conversation(await server.sign_in("olena"))
    strangers = [
        await server.sign_in("taras"),
        await server.sign_in("boss", "admin", tenant_id="books"),
        await server.sign_in("olena", tenant_id="books"),
        await server.sign_in("svc", "service"),
    ]

    for stranger in strangers:
        for where in (conversation, "conv_404"):
            reply = await stranger.ask("chat_message", {"conversation_id": where, "content": "Hi"})
            assert reply["payload"] == {
                "code": "forbidden",
                "message": "Cannot access this conversation",
            }


@pytest.mark.parametrize("content", ["", "x" * 2001, None, 7])
async def test_what_is_not_1_to_2000_characters_is_refused(server, content):
    olena = await server.sign_in("olena")

    reply = await olena.ask("chat_message", {"content": content})

    assert reply["payload"]["code"] == "invalid_payload"


async def test_staff_answer_but_do_not_open_conversations(server):
    maria = await server.sign_in("maria", "agent")

    assert (await maria.ask("chat_message", HELLO))["payload"]["code"] == "invalid_payload"


async def test_conversations_are_read_by_the_staff_and_by_their_customer(server, token):
    olena, taras = await server.sign_in("olena"), await server.sign_in("taras")
    first, second = await open_conversation(olena), await open_conversation(taras)
    maria = await server.sign_in("maria", "agent")
    await maria.ask("chat_message", {"conversation_id": first, "content": "Сьогодні"})

    async def listed(user_id, role, **claims):
        _, answer = await server.request(
            "GET", "/api/conversations", token(user_id, role, **claims)
        )
        return [conversation["id"] for conversation in answer["conversations"]]

    assert await listed("maria", "agent") == [first, second]
    assert await listed("taras", "customer") == [second]
    assert await listed("ivan", "admin", tenant_id="books") == []
    _, answer = await server.request("GET", "/api/conversations", token("maria", "agent"))
    assert answer["conversations"][0]["agent_id"] == "maria"
    assert answer["conversations"][0]["last_message"]["content"] == "Сьогодні"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (("olena", "customer"), 200),
        (("maria", "agent"), 200),
        (("taras", "customer"), 403),
        (("svc", "service"), 403),
        (None, 401),
    ],
)
async def test_messages_are_read_by_the_staff_and_by_the_customer(server, token, who, status):
    conversation = await open_conversation(await server.sign_in("olena"))
    path = f"/api/conversations/{conversation}/messages"

    got, answer = await server.request("GET", path, token(*who) if who else None)

    assert got == status
    if status == 200:
        assert [message["content"] for message in answer["messages"]] == [HELLO["content"]]


async def test_a_customer_who_writes_too_much_is_refused_on_all_own_connections(serve):
    server = await serve(chat_messages_per_second=0.4)  # two at once
    laptop, phone = await server.sign_in("olena"), await server.sign_in("olena")

    replies = [await client.ask("chat_message", HELLO) for client in (laptop, phone, laptop)]

    assert [reply["type"] for reply in replies] == ["chat_message", "chat_message", "error"]
    assert replies[-1]["payload"]["code"] == "rate_limited"


async def test_another_customer_and_the_staff_are_not_affected(serve):
    server = await serve(chat_messages_per_second=0.2)  # one at once
    olena, taras = await server.sign_in("olena"), await server.sign_in("taras")
    conversation = await open_conversation(olena)
    assert (await olena.ask("chat_message", HELLO))["type"] == "error"

    assert (await taras.ask("chat_message", HELLO))["type"] == "chat_message"
    maria = await server.sign_in("maria", "agent")
    answer = {"conversation_id": conversation, "content": "Сьогодні"}
    replies = [await maria.ask("chat_message", answer) for _ in range(5)]
    assert {reply["type"] for reply in replies} == {"chat_message"}
