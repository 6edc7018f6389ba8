"""docs/nightly.md followed word for word, as root, on a machine that is this one and is not touched.

`python -m tests.nightly.page` needs root and the right to mount; it takes about a minute.
"""
