"""Find the outputs of firewalls in saved texts.

Pure, as all of the core.
"""
