"""Engine of the simulation: virtual clock, scheduler, and the context of one run.

Knows nothing of orders, stock or scenarios; those are in ``shop`` and ``scenarios``.  Callers pass
the time and the seed, so that a run can be repeated.
"""
