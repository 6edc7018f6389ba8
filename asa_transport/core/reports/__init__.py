"""Turn outcomes into documents."""
