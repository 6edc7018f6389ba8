"""A model of the push of one firewall, and what looks through all that can become of it."""
