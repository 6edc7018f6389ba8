"""The judgements of a guarded push: which step may follow, what an answer means, where a device stands.

Pure.  The hands are in `asa_transport/flows/push_device.py`.
"""
