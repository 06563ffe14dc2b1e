"""The simulated shop: catalogue, stock, customers, visits, orders, and what each publishes.

Pure: a step takes the virtual time and returns events.  The runner executes them, and the clients
in ``simulator.clients`` hold the connections.  What only a scenario does is in
``simulator.scenarios``.
"""
