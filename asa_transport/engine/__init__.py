"""How work is spread over many devices: in what order, how many at once, for how long.

Knows nothing of ASA or SSH; `fleet.py` is the way in.
"""
