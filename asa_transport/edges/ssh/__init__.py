"""SSH: reaching a device, its host key, its log-in, its session; what went wrong, in words.

Knows the bytes; the device's language is in `asa/`.
"""
