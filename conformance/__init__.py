"""Conformance tests: requests against any server, each with its documented answer.

``cases`` lists them, ``case_types`` describes and evaluates them, ``runner`` runs them.  How they
are displayed belongs in the dashboard; what sends bytes belongs in ``client``.
"""
