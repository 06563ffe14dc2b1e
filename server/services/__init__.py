"""What HTTP and WebSocket requests do: publishing, chat, owners of orders, the admin API.

A service takes an identity and plain values, uses stores, the broker and the cluster, and
raises errors of `server/errors.py`.  It knows neither HTTP nor sockets: routes and statuses
are in `server/http`, sessions in `server/session`.
"""
