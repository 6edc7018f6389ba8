"""What other programs make of our files, and we of theirs: asked of those programs themselves.

An opt-in group: `make readers` installs them into build/readers and runs it, as `.ci/run` does.  A
reader that is not installed has no tests here; the rules that it was asked about stand in tests/unit.
"""
