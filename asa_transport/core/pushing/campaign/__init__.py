"""The rules of a push over many devices: who may start, when, and what ends the run.

Pure.

Source: docs/push.md, "Many devices".
"""
