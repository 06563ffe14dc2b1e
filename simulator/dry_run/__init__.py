"""The dry_run package of simulator."""
