"""How work is spread over many devices: in what order, in which threads and processes, for how long.

Knows nothing of ASA or SSH; `fleet.py` is the way in.
"""
