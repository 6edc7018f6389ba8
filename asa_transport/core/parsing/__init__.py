"""Read what a device printed: lines, templates' cells, facts.

Pure, as all of the core.
"""
