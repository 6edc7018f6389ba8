"""What changed between two audits, and since when: kinds of change, their finding, their formats."""
