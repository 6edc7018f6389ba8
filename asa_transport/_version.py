"""Say which release this is; in a file of its own, so that what every module may know knows no other."""

__version__ = "0.2.0"
# The day from which this release, or what will be it, is described: ISO 8601; the manual page shows it.
__date__ = "2026-11-28"
