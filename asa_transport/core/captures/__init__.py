"""Make of the answers of firewalls a file that names nobody, and is judged as they are.

Pure, as all of the core.
"""
