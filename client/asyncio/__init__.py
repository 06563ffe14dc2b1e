"""The asyncio package of client."""
