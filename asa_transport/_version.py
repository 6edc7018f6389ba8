"""Say which release this is; in a file of its own, so that what every module may know knows no other."""

__version__ = "0.1.0"
