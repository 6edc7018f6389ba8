"""Make text of devices and files harmless to show: nothing invisible, nothing that acts.

Pure; cannot fail.  What is escaped stays readable (``\\x1b``), and nothing is dropped.
No character that XML 1.0 forbids, no half surrogate pair and no bidirectional control is
left, because Python calls none of them printable.
"""

from __future__ import annotations


def visible(text: str, *, keep: str = "") -> str:
    """Return the text with every character escaped that is not printable; those in `keep` stay."""
    # Nearly all of what is shown is, and a report asks this some hundred thousand times.
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
