"""Tests of the mock fleet itself."""
