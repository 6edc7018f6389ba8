"""The judgements of a guarded push: which step may follow, what an answer means, where a device stands.

Pure.  What is sent and read is in `asa_transport/flows/push_device.py`.
"""
