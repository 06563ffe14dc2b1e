"""Who a client is and what it may do: tokens, identities, permissions, revocations.

Every decision about access is made here.  When a session asks for one is in
`server/session`, and which roles a route is for is in `server/http`.
"""
