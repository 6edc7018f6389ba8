"""What can be wrong with a device, one function a rule.

Pure, as all of the core.
"""
