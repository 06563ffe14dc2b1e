"""The i18n package of dashboard."""
