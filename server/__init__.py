"""The server: WebSocket connections, the HTTP API, and the nodes of a cluster.

At the top are the program, its settings and its wiring (`app`); everything else is in the
folder of its subject.  What the client or the simulator need as well belongs in `protocol`.
"""
