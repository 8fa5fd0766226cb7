"""What is asked of a policy as a whole, not of one household."""
