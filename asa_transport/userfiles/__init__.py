"""The texts of the user's files, read without touching the world: YAML, its checks, and each file's keys.

Pure, and part of the base that everything may import; the edges open the files.
"""
