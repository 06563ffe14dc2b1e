"""The pages, a folder each.

A page's folder has ``page.py``, which Streamlit runs, and what only this page needs.  What two
pages need is in ``ui``, ``messages`` or ``state``; no page imports another's folder.
"""
