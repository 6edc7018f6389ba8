"""Findings without the lines that prove them, for pages that say what many devices share.

Pure.  Ten thousand findings of one rule have one title and one remedy; kept so they are small.
"""

from __future__ import annotations

from dataclasses import replace

from asa_transport.model import Finding


class BriefFindings:
    """Makes findings small; lives as long as the page is made."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __call__(self, finding: Finding) -> Finding:
        """Return the finding without its evidence and its values; equal texts are one."""
        return replace(
            finding,
            rule=self._one(finding.rule),
            title=self._one(finding.title),
            detail=self._one(finding.detail),
            remedy=self._one(finding.remedy),
            evidence=(),
            values=(),
        )

    def _one(self, text: str) -> str:
        return self._texts.setdefault(text, text)
