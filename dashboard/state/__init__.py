"""The workbench's live state: a fold of what is received, and its immutable snapshots.

Pure: no clock, thread, socket or Streamlit; every call passes the time.  Where data comes from
is in ``sources``, how it is drawn in ``views`` and ``ui``.
"""
