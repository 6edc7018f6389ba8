"""Say whether a region has a worker that may do a run's work, and if not, why not and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from asa_transport._version import __version__
from asa_transport.model.dispatch import LiveWorker, WorkerRecord


def is_fit(record: WorkerRecord, region: str, templates: str, *, is_pushing: bool = False) -> bool:
    """Return whether this worker does such work in this region."""
    is_there = record.region == region and record.is_pushing is is_pushing
    return is_there and record.version == __version__ and record.templates == templates


def why_unserved(
    region: str, alive: Sequence[LiveWorker], templates: str, *, is_pushing: bool = False
) -> tuple[str, str] | None:
    """Return why no worker serves a region, and what to do; `None` where one does."""
    of_kind = [one.record for one in alive if one.record.is_pushing is is_pushing]
    there = [record for record in of_kind if record.region == region]
    if any(is_fit(record, region, templates, is_pushing=is_pushing) for record in there):
        return None
    what, option = ("push worker", " --push") if is_pushing else ("worker", "")
    start = f"start 'asa-transport worker --region {region}{option}' there"
    if not there:
        regions = sorted({record.region for record in of_kind})
        known = f"; {what}s serve {', '.join(regions)}" if regions else f"; there is no {what} at all"
        return f"no {what} serves the region {region!r}{known}", start
    versions = sorted({record.version for record in there} - {__version__})
    if versions:
        return (
            f"the {what}s of the region {region!r} are of version {', '.join(versions)}, and this is "
            f"{__version__}",
            "bring them to the same version: what is read and what is judged belong together",
        )
    return (
        f"the {what}s of the region {region!r} have other parsing templates than this program",
        "give both the same --textfsm-templates",
    )
