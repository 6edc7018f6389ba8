"""The decision table: its conditions, its rows, and what each row says for itself."""
