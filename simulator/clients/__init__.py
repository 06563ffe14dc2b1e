"""WebSocket clients of the simulation: customers, the support agent, and the slow client.

Everything here uses the network or reacts to messages from it.  What a customer buys is decided
in ``simulator.shop``.
"""
