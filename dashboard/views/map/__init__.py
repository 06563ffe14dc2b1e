"""The Map page: a live picture of each message, from its publisher to its subscribers.

The picture is drawn in the browser by the ES modules in ``modules``.  What they receive comes from
``dashboard.web.map_socket``; nothing else of the page is drawn periodically but its header.
"""
