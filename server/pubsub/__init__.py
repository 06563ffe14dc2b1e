"""Who receives what: the subscriptions of this node, and the brokers that connect nodes.

Delivery to local subscribers belongs here.  Which publications are accepted is decided in
`server/services`, and how bytes reach a socket in `server/websocket`.
"""
