"""Captures of firewalls, a folder each, and the test that serves, audits and judges every one of them."""
