"""Secrets, and who uses them: credentials, their hand-over, signatures, the operator's names."""
