"""The metrics of the server, as Prometheus reads them, and its log as JSON."""

import asyncio
import re

PORT = re.compile(r"127\.0\.0\.1:\d+")


async def test_the_server_has_these_metrics_and_log_lines(
    golden, start_server, list_metrics, notification, normalize
):
    server = await start_server(log_format="json")
    olena = await server.sign_in("olena")
    await olena.request({"type": "ping"})
    await olena.request({"type": "dance"})
    await olena.request({"type": "subscribe", "payload": {"channel": "order:ord_1"}})
    await olena.request({"type": "subscribe", "payload": {"channel": "public:news"}})
    await olena.request({"type": "unsubscribe", "payload": {"channel": "public:news"}})
    await olena.request({"type": "chat_message", "payload": {"content": "Добрий день"}})
    await server.request("POST", "/api/publish", "svc service", notification(user="olena"))
    await olena.receive()
    await server.request("POST", "/api/users/olena/disconnect", "boss admin")
    await olena.receive()
    metrics = await server.request("GET", "/metrics")
    await asyncio.to_thread(server.program.stop)

    golden("metrics_server.txt", list_metrics(metrics))
    log = PORT.sub("127.0.0.1:<port>", server.program.output)
    golden("log_json.txt", normalize(log))
