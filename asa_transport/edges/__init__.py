"""The other half: one outside thing a file."""
