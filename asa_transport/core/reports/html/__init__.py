"""The report of an audit as one page for people: values ready for its template, and the page itself."""
