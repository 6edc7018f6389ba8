"""One device as it is judged: its case, and the questions that rules, decisions, plans and reports ask."""
