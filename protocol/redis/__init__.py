"""The redis package of protocol."""
