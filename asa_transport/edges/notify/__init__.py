"""Receivers of what is told after a run: mail, webhooks, chat services, a metrics file, a log file."""
