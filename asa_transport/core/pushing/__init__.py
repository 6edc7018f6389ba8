"""The judgements of a guarded push: which step may follow, what proves a change, what takes it back.

Pure.  What is sent and read is in `asa_transport/flows/push_device.py`; what a device's reply to a line
means, in `asa_transport/asa/replies.py`.
"""
