"""The Scenarios page: scenarios of the simulator, and its controls."""
