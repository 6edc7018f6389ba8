"""What changed between two audits: the kinds of change, how they are found, what they are called."""
