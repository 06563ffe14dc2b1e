"""Shop simulator: a discrete-event model of a shop, and WebSocket clients of its customers.

``engine``, ``shop`` and ``scenarios`` are the model: pure, driven by virtual time.  ``clients``
holds the connections to the server, ``api`` the control API, ``app`` wires everything.  Nothing
here imports the server or the workbench: the simulator uses the client library as any other
program does.
"""
