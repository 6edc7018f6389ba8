"""Audit and mend the Smart Licensing transport of a Cisco ASA fleet over SSH."""

__version__ = "0.1.0"
