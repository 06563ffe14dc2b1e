"""The Scenarios page: scenarios of the simulator, and its controls.

Commands are sent by ``dashboard.ui.simulator_commands``, which other pages use too.
"""
