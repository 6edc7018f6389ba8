"""What an SSH session stands on: paramiko's transport made lean, its faults put into words, the reader.

Knows the bytes; the devices' language is in `terminal.py`, the session in `edges/session.py`.
"""
