"""Facts about ASA as YAML, each entry with its source and date."""
