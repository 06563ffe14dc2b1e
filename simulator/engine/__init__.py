"""Engine of the simulation: virtual clock and scheduler.

Knows nothing of the shop or its scenarios.  Callers pass the time, so that a run can be repeated.
"""
