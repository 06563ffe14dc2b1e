"""Shop simulator: a discrete-event model of a shop, and WebSocket clients of its customers."""
