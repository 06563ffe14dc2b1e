"""The publisher package of client."""
