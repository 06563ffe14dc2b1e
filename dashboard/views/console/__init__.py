"""The Console page: an editor for frames, the frames of a raw connection, and conformance tests.

The raw connection and its recorder are in ``client``, the tests in ``conformance``.
"""
