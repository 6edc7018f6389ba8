"""Decisions to exact lines, the way back, waves, and what a plan must meet again before a push."""
