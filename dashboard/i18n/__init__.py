"""Translation: the catalogues, how texts are looked up and how they are collected.

Modules that only mark texts use ``common.text_markers``, which needs no Streamlit.
"""
