"""Show outcomes to people and programs: CSV, JUnit, Markdown, SARIF, metrics, a page, change tickets."""
