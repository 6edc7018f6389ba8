"""The user's files: YAML that knows its places, each file's keys, its problems all at once."""
