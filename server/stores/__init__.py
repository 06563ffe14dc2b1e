"""What outlives the server: whose an order is, and what was said to support."""
