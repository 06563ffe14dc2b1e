"""The Console: a raw socket, its frames, what may be sent, and what must be refused.

``panes``, ``compose``, ``trial_list`` and ``tab`` draw with Streamlit; nothing else here knows it.
"""
