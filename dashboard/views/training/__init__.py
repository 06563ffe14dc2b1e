"""The Training page: the lessons, a lesson on a live connection, the class, and the summary.

Lessons, their evaluation and the learners' files are in ``training``; what is drawn of frames is
in ``dashboard.frames``.
"""
