"""What the servers of one cluster know of one another, and how they speak."""
