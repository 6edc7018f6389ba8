"""Check what a run kept against its plan, before anything is done on the run's word.

Pure.  Whoever can write to the state directory can write a plan and a journal that fit each other; so
a run may only go on with what a push of this plan would have done itself: the lines of the plan, for
devices of the plan.

Source: docs/push.md, "After a crash".
"""

from __future__ import annotations

from collections.abc import Mapping

from asa_transport.asa.license_block import matches_prediction
from asa_transport.asa.licensing import first_stranger
from asa_transport.core.pushing.unfinished import InDoubt, Left
from asa_transport.model import Began, Plan, PlannedDevice, Undertaking


def contradiction(plan: Plan, began: Began, lefts: Mapping[str, Left]) -> str | None:
    """Return in what the run's journal is not that of a push of this plan; `None` where it is."""
    if began.plan_digest != plan.digest:
        return (
            f"the run began with the plan {began.plan_digest[:12]}, and the plan in its folder is "
            f"{plan.digest[:12]}"
        )
    planned = {device.name for device in plan.devices}
    for name in began.devices:
        if name not in planned:
            return f"the journal names {name!r:.80}, which the plan does not change"
    if len(set(began.devices)) != len(began.devices):
        return "the journal names a device twice"
    return unlike_plan(plan, lefts)


def unlike_plan(plan: Plan, lefts: Mapping[str, Left]) -> str | None:
    """Return in what something that was undertaken is not the plan's; `None` where all is.

    Args:
        lefts: Of devices that the plan changes.
    """
    planned = {device.name: device for device in plan.devices}
    for name, how in lefts.items():
        if isinstance(how, InDoubt):
            wrong = _unlike(how.undertaking, planned[name])
            if wrong is not None:
                return f"{name}: {wrong}"
    return None


def _unlike(undertaking: Undertaking, planned: PlannedDevice) -> str | None:
    """Return in what an undertaking is not that of the planned device."""
    for what, lines, known in (
        ("lines", undertaking.apply, planned.apply),
        ("rollback", undertaking.rollback, planned.rollback),
    ):
        stranger = first_stranger(lines)
        if stranger is not None:
            return f"the journal's {what} holds {stranger!r:.120}, which must not be sent"
        if lines != known:
            return f"the journal's {what} is not the plan's"
    default = planned.observed.default_type
    pairs = (
        # Journals of an older release do not name the firewall.
        ("names another firewall", undertaking.identity in (None, planned.identity)),
        ("names another mate", undertaking.mate_serial in (None, planned.observed.mate_serial)),
        (
            "goes back to another state",
            matches_prediction(undertaking.before, planned.before, default=default),
        ),
        (
            "leads to another state",
            matches_prediction(undertaking.predicted, planned.predicted, default=default),
        ),
    )
    return next((f"the journal {what} than the plan" for what, is_same in pairs if not is_same), None)
