"""Dry run: prints publications or their summary, in virtual time, without any connection.

Belongs to the command line; the model itself does not know whether its run is dry.
"""
