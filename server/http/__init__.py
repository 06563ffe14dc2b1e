"""HTTP: routes, responses with their statuses, and the timeout of a first request.

A route reads the request, calls a service and responds.  What a request does is in
`server/services`; WebSockets are in `server/websocket`.
"""
