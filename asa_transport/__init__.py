"""Audit and mend the Smart Licensing transport of a Cisco ASA fleet over SSH."""

from asa_transport._version import __version__

__all__ = ["__version__"]
