"""The measurements, one module each, with a function ``run`` that returns lines of the result.

Traffic and its verification belong in ``bench.load``, statistics in ``bench.stats``.
"""
