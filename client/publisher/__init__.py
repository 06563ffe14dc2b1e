"""Publishers for services: over HTTP, with batches and retries, and through Redis.

``batching`` and ``responses`` are the pure parts of the HTTP publisher.  What is published, and
when, belongs to the service that uses them.
"""
