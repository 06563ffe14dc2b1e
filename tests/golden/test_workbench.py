"""The addresses of the workbench's pages, its routes, and the metrics that Prometheus reads."""

import asyncio
from types import SimpleNamespace

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

NO_PROGRAM = SimpleNamespace(port=1)  # nothing listens on this port
TIMEOUT_S = 60


@pytest.fixture
async def workbench(launch, client_of):
    """A client of a workbench that has neither a server nor a simulator."""
    return await client_of(await asyncio.to_thread(launch.workbench, NO_PROGRAM, NO_PROGRAM))


async def open_page(workbench, path):
    """Open a page as a browser does, and wait until it is drawn; return the paths of all pages."""
    address, paths, message = f"http://127.0.0.1:{workbench.port}", [], None
    rerun = BackMsg()
    rerun.rerun_script.page_name = path
    async with (
        asyncio.timeout(TIMEOUT_S),
        workbench.http.ws_connect(
            f"{address}/_stcore/stream", protocols=["streamlit"], headers={"Origin": address}
        ) as socket,
    ):
        await socket.send_bytes(rerun.SerializeToString())
        while message is None or message.WhichOneof("type") != "script_finished":
            message = ForwardMsg.FromString(await socket.receive_bytes())
            if message.WhichOneof("type") == "navigation":
                paths = [page.url_pathname for page in message.navigation.app_pages]
    return paths


async def test_the_workbench_has_these_pages_and_metrics(golden, workbench, list_metrics):
    for path in ("/", "/metrics"):
        await workbench.request("GET", path)
    async with workbench.http.get(workbench.program.sign_in_url) as signed_in:
        assert signed_in.status == 200
    paths = await open_page(workbench, "")
    for path in paths:
        await open_page(workbench, path)
    metrics = await workbench.request("GET", "/metrics", replace=None)
    await workbench.request("GET", "/messages/unknown.jsonl")
    await workbench.request("GET", "/class.csv")

    golden("workbench_pages.txt", "".join(f"/{path}\n" for path in paths))
    golden("workbench_http.txt", workbench.transcript)
    golden("metrics_workbench.txt", list_metrics(metrics))
