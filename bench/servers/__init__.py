"""What is measured: our server and the workbench as processes, and the two references.

``plain_aiohttp`` and ``raw_write`` exist for comparison only.  Load belongs in ``bench.load``.
"""
