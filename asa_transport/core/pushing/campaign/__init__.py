"""The rules of a push over many devices: who may start, when, and what ends the run.

Pure.

Source: DESIGN "Over many"; PEERS N6, N18, N19.
"""
