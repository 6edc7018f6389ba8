"""Make a change ticket of a plan or of an audit: values in, files out.

Pure, as all of the core.
"""
