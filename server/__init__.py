"""The WebSocket server: who is connected, who may hear what, and how it reaches them."""
