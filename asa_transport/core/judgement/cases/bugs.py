"""Say what each entry of the bug catalogue means for one release on one model.

Pure; cannot fail.  A fixed release counts within its own train only: 9.22(1)3 is
affected by a bug fixed in 9.20(4)14 and 9.22(2)14, although it is the higher number.
What is not known (the release, the model, where an internal build belongs) is never
read as fixed or not affected.

Source: data/bugs.yaml; Cisco TAC document 225967, which says "lower than A, B or C".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from asa_transport.asa.version import try_parse
from asa_transport.model import BugReading, BugVerdict

if TYPE_CHECKING:
    from asa_transport.asa.version import Train, Version
    from asa_transport.model import Bug

# `show version` prints FPR-2110 (recorded), image and product names FPR2110 (unproven, `model-names`),
# Cisco's texts Firepower 2110, and TAC document 225967 Secure Firewall 2100 and FP2100.  CSF is the
# product name of the Secure Firewall 1200 (unproven).
_FIREPOWER: Final = re.compile(r"\A(?:SECUREFIREWALL|FIREPOWER|CSF|FPR|FP)(?=[0-9]|\Z)")
_NOT_SIGNIFICANT: Final = re.compile(r"[^A-Z0-9]+")
# Of every `Hardware:` line that was recorded or observed; a name of no known family may be one of
# these, abridged.
_FAMILIES: Final = ("ASA", "FPR", "ISA")


def verdicts(catalogue: Sequence[Bug], version: Version | None, model: str | None) -> tuple[BugVerdict, ...]:
    """Return one verdict for each entry, in the catalogue's order."""
    return tuple(verdict(bug, version, model) for bug in catalogue)


def verdict(bug: Bug, version: Version | None, model: str | None) -> BugVerdict:
    """Return what one entry means.

    Args:
        bug: Its `fixed_in` names each train once.
        version: `None` where the device did not say, or where it could not be read.
        model: As `Hardware:` prints it, or as a person writes it; `None` where it is not known.
    """
    on_platform = is_on_platform(model, bug.platforms)
    limited = ", ".join(bug.platforms)
    if on_platform is False:
        return BugVerdict(
            bug=bug,
            reading=BugReading.NOT_AFFECTED,
            why=f"{(model or '')[:60]} is not one of the affected models: {limited}",
        )
    by_version = _by_version(bug, version)
    if on_platform is None:
        said = "the model is unknown" if not model else f"the model {model[:60]!r} is not understood"
        why = f"{said}; {bug.id} affects only {limited}, and there: {by_version.why}"
        return BugVerdict(bug=bug, reading=BugReading.NO_FIX_LISTED, why=why, is_model_known=False)
    return by_version


def is_on_platform(model: str | None, platforms: Sequence[str]) -> bool | None:
    """Return whether a model begins with one of the names, `None` where that cannot be told.

    No names means every model.  Spellings do not count: FPR-2110, FPR2110, Firepower 2110.
    """
    if not platforms:
        return True
    name = normal_model(model or "")
    prefixes = tuple(filter(None, map(normal_model, platforms)))
    if name.startswith(prefixes):
        return True
    # `FPR` alone may be any Firepower; a name that is not understood may be any model.
    is_abridged = not prefixes or any(prefix.startswith(name) for prefix in prefixes)
    return False if name.startswith(_FAMILIES) and not is_abridged else None


def is_known_family(model: str) -> bool:
    """Return whether a model's name is of a family that was recorded (unproven: `model-names`)."""
    return normal_model(model).startswith(_FAMILIES)


def normal_model(text: str) -> str:
    """Return the form in which models are compared: `FPR2110` for FPR-2110 and for Firepower 2110."""
    bare = _NOT_SIGNIFICANT.sub("", text.upper()).removeprefix("CISCO")
    return _FIREPOWER.sub("FPR", bare)


def _by_version(bug: Bug, version: Version | None) -> BugVerdict:
    """Return the verdict for a device of a model that the bug is about."""
    return _by_list(bug, version) if bug.affected else _by_fixes(bug, version)


def _by_list(bug: Bug, version: Version | None) -> BugVerdict:
    """Return the verdict of an entry that names the affected releases; a fix in the same train ends it."""
    named = [release for text in bug.affected if (release := try_parse(text)) is not None]
    listed = ", ".join(bug.affected)
    unknown = (
        f"the version is unknown; affected are {listed}"
        if version is None
        else f"{version} is an internal build, whose place among the releases is unknown; affected are "
        f"{listed}"
        if version.is_internal
        else f"the catalogue's affected releases are not understood: {listed}"
        if len(named) != len(bug.affected)
        else None
    )
    if unknown is not None or version is None:
        return BugVerdict(bug=bug, reading=BugReading.NO_FIX_LISTED, why=unknown or "")
    entry = next((one for one in named if _covers(one, version)), None)
    if entry is None:
        return BugVerdict(
            bug=bug,
            reading=BugReading.NOT_AFFECTED,
            why=f"{version} is not one of the affected releases: {listed}",
        )
    fixes = [fix for text in bug.fixed_in if (fix := try_parse(text)) is not None]
    ended = next((fix for fix in fixes if fix.train == version.train and version >= fix), None)
    if ended is not None:
        why = f"{version} is not lower than {ended}, the first fixed release of its train"
        return BugVerdict(bug=bug, reading=BugReading.FIXED, why=why)
    with_interims = "" if entry == version else f" (with its interims: {entry})"
    why = f"{version} is one of the affected releases{with_interims}"
    return BugVerdict(bug=bug, reading=BugReading.AFFECTED, why=why)


def _covers(entry: Version, version: Version) -> bool:
    """Return whether a listed release stands for this one: itself, its interims, or its whole train."""
    if entry.build:
        return entry == version
    if entry.maintenance:
        return entry.train == version.train and entry.maintenance == version.maintenance
    return entry.train == version.train


def _by_fixes(bug: Bug, version: Version | None) -> BugVerdict:
    """Return the verdict of an entry that names first fixed releases."""
    fixes: dict[Train, Version] = {
        release.train: release for text in bug.fixed_in if (release := try_parse(text)) is not None
    }
    unknown = _why_unknown(bug, version, fixes)
    if unknown is not None or version is None:
        return BugVerdict(bug=bug, reading=BugReading.NO_FIX_LISTED, why=unknown or "")
    listed = ", ".join(bug.fixed_in)
    if (fix := fixes.get(version.train)) is not None:
        is_lower = version < fix
        reading = BugReading.AFFECTED if is_lower else BugReading.FIXED
        relation = "lower than" if is_lower else "not lower than"
        why = f"{version} is {relation} {fix}, the first fixed release of its train"
    elif version.train > max(fixes):
        reading = BugReading.FIXED
        why = f"train {version.train} is newer than every train with a fix listed: {listed}"
    else:
        reading = BugReading.NO_FIX_LISTED
        why = (
            f"no fixed release of train {version.train} is listed, and this train is older than "
            f"{max(fixes)}; it counts as affected, because Cisco's text 'lower than {listed}' is read "
            "literally"
        )
    return BugVerdict(bug=bug, reading=reading, why=why)


def _why_unknown(bug: Bug, version: Version | None, fixes: Mapping[Train, Version]) -> str | None:
    """Return what keeps releases from being compared, `None` if they can be."""
    listed = ", ".join(bug.fixed_in)
    if not listed:
        return "neither the affected nor the fixed releases are known"
    if len(fixes) != len(bug.fixed_in):
        return f"the catalogue's fixed releases are not understood, one of each train: {listed}"
    if version is None:
        return f"the version is unknown; fixed in {listed}"
    if version.is_internal:
        return f"{version} is an internal build, whose place among the releases is unknown; fixed in {listed}"
    return None
