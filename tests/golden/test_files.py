"""What the programs store in files: the database of a single server, saved messages."""

import asyncio
import re
import sqlite3

from dashboard.sources.saved_messages import SavedMessages

PORT = re.compile(r"127\.0\.0\.1:\d+")
SAVED = (
    '{"saved_at":1700000000.5,"seq":7,"at":1699999999.25,"channel":"user:olena",'
    '"type":"notification","reached":2,"message":{"type":"notification","payload":'
    '{"id":"n_1","title":"Увага","body":"Знижки"},"timestamp":"2024-01-15T10:30:00.000Z"}}\n'
    '{"saved_at":1700000000.5,"seq":8,"at":1699999999.5,"channel":"*","type":"cart_update",'
    '"reached":0,"message":{"type":"cart_update","payload":{"action":"cleared","cart":'
    '{"id":"c","item_count":0,"total":0.00}}}}\n'
)


async def test_a_single_server_stores_this_in_its_database(
    golden, start_server, normalize, tmp_path, new_order
):
    server = await start_server()
    olena = await server.sign_in("olena", name="Олена")
    agent = await server.sign_in("agent", "agent")
    orders = [new_order("ord_1"), new_order("ord_2", "taras")]
    await server.request("POST", "/api/publish", "svc service", orders)
    content = {"content": "Коли відправите?"}
    opened = await olena.request({"type": "chat_message", "payload": content})
    content = {"content": "Сьогодні", "conversation_id": opened["payload"]["conversation_id"]}
    await agent.request(
        {"type": "chat_message", "payload": content},
        wanted=lambda message: message["payload"].get("message", {}).get("sender_id") == "agent",
    )
    revoke = {"revoke": True}
    await server.request("POST", "/api/users/taras/disconnect", "boss admin", revoke)
    for socket in (olena, agent):
        await socket.close()
    await asyncio.to_thread(server.program.stop)

    (file,) = (tmp_path / "data").glob("*.sqlite3")
    database = sqlite3.connect(file)
    lines = [file.name, *dump(database)]
    database.close()
    golden("sqlite.txt", normalize("\n".join(lines)) + "\n")
    golden("log_text.txt", PORT.sub("127.0.0.1:<port>", server.program.output))


def dump(database):
    """Yield the schema of a database, and the rows of its tables with times left out."""
    schema = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
    made = database.execute(schema).fetchall()
    for _, _, statement in made:
        yield f"\n{statement}"
    for pragma in ("journal_mode", "user_version", "encoding"):
        (value,) = database.execute(f"PRAGMA {pragma}").fetchone()
        yield f"\nPRAGMA {pragma} = {value}"
    for table in (name for type_, name, _ in made if type_ == "table"):
        yield f"\n{table}"
        for row in database.execute(f"SELECT * FROM {table}").fetchall():
            yield " | ".join("<time>" if isinstance(each, float) else str(each) for each in row)


def test_saved_messages_are_read_and_written_as_these_lines(golden, tmp_path):
    (file := tmp_path / "saved-messages.jsonl").write_text(SAVED)
    saved = SavedMessages(tmp_path, clock=lambda: 1_700_000_000.5)
    messages = saved.messages()
    for message in messages:
        saved.delete(message)
    assert file.read_text() == ""
    for message in messages:
        saved.save(message)

    assert list(tmp_path.iterdir()) == [file]
    golden("saved-messages.jsonl", file.read_text())
