"""The state directory: run folders, the journal, locks, spent plans, the run store."""
