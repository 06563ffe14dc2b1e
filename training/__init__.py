"""Lessons that are done on real connections: what they ask for, and whether it was done.

A lesson is data: texts, goals as conditions, and solutions as actions.  The types and the
evaluation are pure; an ``exercise`` runs one lesson for one learner against a running server and
simulator.  What the pages draw does not belong here, nor what one page alone needs.
"""
