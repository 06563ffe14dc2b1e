"""The contract between server and clients: messages, channels, publications, refusals.

Knows neither sockets nor clocks; imports msgspec and nothing else.
"""
