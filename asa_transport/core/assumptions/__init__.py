"""Try on one firewall's answers what the program assumes of every ASA."""
