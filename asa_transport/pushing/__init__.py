"""The hands of a guarded push: what types, what looks, what goes back.

`push.py` leads them; the judgements are in `core/pushing/`.
"""
