"""Print `show license all|status|summary|usage` in the captured shapes.

Source: ntc-templates, recorded answers to `show license all` (section order, dates, SUCCESS
against SUCCEEDED) and, of IOS XE, to `show license status`; Cisco TAC document 225967 (Smart
transport block, its indentation by analogy; failed, expired, evaluation); Cisco bug CSCvr54794
(Firepower 4100/9300).  Of `summary` and `usage` no public ASA output is known, nor of a
reserved device: their text is plausible, not proven.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mock_devices.config import SMART_URL, Config
from mock_devices.license_agent import AgentState, Attempt
from mock_devices.platforms import Platform, digest
from mock_devices.scenario import LicenseSpec, Quirks, Transport

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseView:
    """Everything that the licence outputs are made of.  ``old`` is agent 1.6."""

    state: AgentState
    spec: LicenseSpec
    quirks: Quirks
    config: Config
    platform: Platform
    transport: Transport
    old: bool
    agent_version: str
    serial: str
    proxy_text: Literal["real", "not-supported", "not-configured"]
    reserved: bool
    now: datetime
    features: list[str]

    def date(self, moment: datetime) -> str:
        """Print a date in the agent's order: `Dec 03 16:43:48 2018 UTC` or `Jan 05 2023 12:19:01 UTC`."""
        month = MONTHS[moment.month - 1]
        if self.old:
            return f"{month} {moment.day:02} {moment:%H:%M:%S} {moment.year} UTC"
        return f"{month} {moment.day:02} {moment.year} {moment:%H:%M:%S} UTC"

    def attempt(self, label: str, attempt: Attempt | None, *, contact: bool) -> list[str]:
        """Print one `... Attempt:` line, with its reason when it failed."""
        if attempt is None:
            return [f"  {label}: None"]
        if attempt.succeeded:
            word = "SUCCESS" if self.old and contact else "SUCCEEDED"
            return [f"  {label}: {word} on {self.date(attempt.at)}"]
        return [
            f"  {label}: FAILED on {self.date(attempt.at)}",
            f"    Failure reason: {self.spec.failure_reason}",
        ]


def _export(view: LicenseView) -> str:
    upper = view.quirks.export_style == "upper"
    if view.quirks.export_style is None:
        # Agent 4.3.6 says `Allowed` (ntc-templates), a newer one `ALLOWED` (TAC 225967).
        upper = not view.old and not view.agent_version.startswith("4.3")
    word = "Allowed" if view.state.export_allowed else "Not Allowed"
    return f"  Export-Controlled Functionality: {word.upper() if upper else word}"


def registration(view: LicenseView) -> list[str]:
    """Print the Registration block."""
    state = view.state
    lines = ["Registration:"]
    if state.registration == "REGISTERING":
        lines += ["  Status: REGISTERING - REGISTRATION IN PROGRESS", _export(view)]
        lines += view.attempt("Initial Registration", state.last, contact=False)
        if state.last is not None:
            lines.append(f"  Next Registration Attempt: {view.date(state.next_contact)}")
        return lines
    if state.registration == "UNREGISTERED":
        return [*lines, "  Status: UNREGISTERED", _export(view)]
    if state.registration == "EXPIRED":
        return [*lines, "  Status: UNREGISTERED - REGISTRATION EXPIRED", _export(view)]
    reserved = " - UNIVERSAL LICENSE RESERVATION" if view.reserved else ""
    lines.append(f"  Status: REGISTERED{reserved}")
    if not view.reserved:
        lines.append(f"  Smart Account: {view.spec.smart_account}")
        lines.append(f"  Virtual Account: {view.spec.virtual_account}")
    lines.append(_export(view))
    lines.append(f"  Initial Registration: SUCCEEDED on {view.date(state.registered_at)}")
    if view.reserved:
        return lines
    lines += view.attempt("Last Renewal Attempt", state.renewal, contact=False)
    lines.append(f"  Next Renewal Attempt: {view.date(state.next_renewal)}")
    lines.append(f"  Registration Expires: {view.date(state.expires)}")
    return lines


def authorization(view: LicenseView) -> list[str]:
    """Print the License Authorization block."""
    state = view.state
    blank = view.quirks.authorization_trailing_blank
    lines = ["License Authorization:" + (" " if (view.old if blank is None else blank) else "")]
    if view.reserved:
        return [*lines, f"  Status: AUTHORIZED - RESERVED on {view.date(state.status_at)}"]
    if state.authorization == "EVAL MODE":
        lines.append("  Status: EVAL MODE")
        if state.registration == "REGISTERING":
            return lines  # TAC 225967, after a year: nothing below
        return [*lines, f"  Evaluation Period Remaining: {_span(state.eval_left)}"]
    if state.authorization == "EVAL EXPIRED":
        return [*lines, f"  Status: EVAL EXPIRED on {view.date(state.status_at)}"]
    word = "AUTHORIZED" if state.authorization == "NO LICENSES" else state.authorization
    lines.append(f"  Status: {word} on {view.date(state.status_at)}")
    lines += view.attempt("Last Communication Attempt", state.last, contact=True)
    lines.append(f"  Next Communication Attempt: {view.date(state.next_contact)}")
    over = state.deadline <= view.now
    lines.append(f"  Communication Deadline: {'DEADLINE EXCEEDED' if over else view.date(state.deadline)}")
    return lines


def _span(left: timedelta) -> str:
    hours, rest = divmod(left.seconds, 3600)
    return f"{left.days} days, {hours} hours, {rest // 60} minutes, {rest % 60} seconds"


def _utility() -> list[str]:
    return ["Utility:", "  Status: DISABLED"]


def _privacy(view: LicenseView) -> list[str]:
    indent = view.quirks.privacy_indent or (2 if view.agent_version.startswith("4.3") else 4)
    pad = " " * indent
    hostname = "ENABLED" if view.config.privacy_hostname else "DISABLED"
    return [
        "Data Privacy:",
        f"  Sending Hostname: {'no' if view.config.privacy_hostname else 'yes'}",
        f"{pad}Callhome hostname privacy: DISABLED",
        f"{pad}Smart Licensing hostname privacy: {hostname}",
        f"  Version privacy: {'ENABLED' if view.config.privacy_version else 'DISABLED'}",
    ]


def _transport(view: LicenseView) -> list[str]:
    if view.transport == "callhome":
        return ["Transport:", "  Type: Callhome"]
    lines = ["Transport:", "  Type: Smart", f"  URL: {view.config.url or SMART_URL}", "  Proxy:"]
    proxy = view.config.proxy
    if view.proxy_text == "not-supported":
        lines.append("    Not Supported")  # TAC 225967; CSCwr56980 even where one is set
    elif proxy is None or view.proxy_text == "not-configured":
        lines.append("    Not Configured")
    else:
        lines += [
            f"    Address: {proxy.host}",
            f"    Port: {proxy.port}",
            "    Username: <empty>",
            "    Password: <empty>",
        ]
    match view.quirks.vrf:
        case "not-supported":
            lines += ["  VRF:", "    Not Supported"]
        case "not-configured":
            lines += ["  VRF:", "    Not Configured"]
        case "inline-empty":
            lines.append("  VRF: <empty>")
        case "absent":
            pass
    return lines


def _usage(view: LicenseView) -> list[str]:
    lines = ["License Usage", "==============", ""]
    state = view.state
    if not state.licenses_in_use or not view.config.tier:
        return [*lines, "No licenses in use"]
    status = {"AUTHORIZED": "AUTHORIZED", "NO LICENSES": "AUTHORIZED"}.get(
        state.authorization, state.authorization
    )
    status = view.spec.usage_status or status
    if state.registration != "REGISTERED":
        # As recorded: an entitlement in evaluation has an empty name and description.
        return [
            *lines,
            f"({view.platform.entitlement_tag}):",
            "  Description: ",
            "  Count: 1",
            "  Version: 1.0",
            f"  Status: {status}",
        ]
    name = view.platform.entitlement
    lines += [f"{name} ({view.platform.entitlement_tag}):", f"  Description: {name}", "  Count: 1"]
    lines += ["  Version: 1.0", f"  Status: {'RESERVED' if view.reserved else status}"]
    if not view.old and not view.agent_version.startswith("4.3"):
        allowed = "RESTRICTED - ALLOWED" if state.export_allowed else "NOT RESTRICTED"
        lines.append(f"  Export status: {allowed}")
    return lines


def _tail(view: LicenseView) -> list[str]:
    lines = [
        "Product Information",
        "===================",
        f"UDI: PID:{view.platform.udi},SN:{view.serial}",
        "",
    ]
    lines += ["Agent Version", "=============", f"Smart Agent for Licensing: {view.agent_version}"]
    if view.agent_version.startswith("4.9") or view.reserved:
        lines += ["", "Reservation Info", "================"]
        lines.append(f"License reservation: {'ENABLED' if view.reserved else 'DISABLED'}")
    if view.reserved and view.spec.flex_model:
        lines += _reserved(view)
    return lines


def _reserved(view: LicenseView) -> list[str]:
    """Print what is reserved; IOS-XE's agent prints it so, and ASA runs the same agent."""
    return [
        "",
        "Overall status:",
        f"  Active: PID:{view.platform.udi},SN:{view.serial}",
        f"      Reservation status: UNIVERSAL INSTALLED on {view.date(view.state.registered_at)}",
        "      Export-Controlled Functionality: ALLOWED",
        f"      Last Confirmation code: {digest(f'confirmation {view.serial}', 8)}",
        "",
        "Universal reservation:",
        "  Request code: <none>",
    ]


def _head(view: LicenseView) -> str:
    return "License Reservation is ENABLED" if view.reserved else "Smart Licensing is ENABLED"


def show_all(view: LicenseView) -> list[str]:
    """Print `show license all`: Registration first (ntc-templates)."""
    lines = ["", "Smart Licensing Status", "======================", "", "Smart Licensing is ENABLED", ""]
    if view.reserved:
        lines += ["License Reservation is ENABLED", ""]
    lines += [*registration(view), "", *authorization(view), ""]
    if view.agent_version.startswith("4.9"):
        lines += ["Export Authorization Key:", "  Features Authorized:", "    <none>", ""]
    if not view.old:
        lines += [*_utility(), "", *_privacy(view), "", *_transport(view), ""]
    return [*lines, *_usage(view), "", *_tail(view), ""]


def show_status(view: LicenseView) -> list[str]:
    """Print `show license status`: Utility, Data Privacy and Transport first (TAC 225967)."""
    lines = ["", _head(view), ""]
    if not view.old:
        lines += [*_utility(), "", *_privacy(view), "", *_transport(view), ""]
    return [*lines, *registration(view), "", *authorization(view), ""]


def show_summary(view: LicenseView) -> list[str]:
    """Print `show license summary` (shape unproven on ASA)."""
    short = [line for line in registration(view) if "Account" in line or "Status" in line or "Export" in line]
    lines = ["", "Smart Licensing is ENABLED", "", "Registration:", *short]
    keep = ("Status", "Last Comm", "Next Comm", "Evaluation", "Failure")
    granted = authorization(view)
    lines += ["", granted[0], *[line for line in granted[1:] if line.strip().startswith(keep)], ""]
    lines += ["License Usage:", "  License                 Entitlement tag               Count Status"]
    lines.append("  " + "-" * 77)
    name, tag = view.platform.entitlement, view.platform.entitlement_tag
    if view.state.licenses_in_use:
        lines.append(f"  {name:<23} ({tag + ')':<28} {1:>5} {view.state.authorization}")
    else:
        lines.append("  No licenses in use")
    return [*lines, ""]


def show_usage(view: LicenseView) -> list[str]:
    """Print `show license usage` (shape unproven on ASA)."""
    granted = authorization(view)
    return ["", granted[0], *granted[1:2], "", *_usage(view)[3:], ""]


def show_fxos(view: LicenseView, *, whole: bool = True) -> list[str]:
    """Print the Firepower 4100/9300 form: no Registration, no Transport."""
    good = view.state.in_compliance and view.state.authorization == "AUTHORIZED"
    lines = [
        "",
        "Smart licensing enabled: Yes",
        "",
        f"Compliance status: {'In compliance' if good else 'Out of compliance'}",
        "",
        f"Overall licensed status: {'Authorized (3)' if good else 'Not Authorized (4)'}",
        "",
    ]
    if not whole:
        return lines
    lines += ["Entitlement(s):", ""]
    asked = view.state.registered_at.strftime("%a, %d %b %Y %H:%M:%S UTC")
    for handle, (label, tag, count) in enumerate(
        (("Strong encryption", "STRONG-ENCRYPTION", 1), ("Context", "CONTEXT", 8)), start=21
    ):
        noise = digest(f"{view.serial} {tag}", 32)
        ident = "-".join((noise[:8], noise[8:12], noise[12:16], noise[16:20], noise[20:32]))
        lines += [
            f"{label}:",
            f"\tTag: regid.2015-01.com.cisco.ASA-SSP-{tag},1.0_{ident}",
            "\tVersion: 1.0",
            "\tEnforcement mode: Authorized",
            f"\tHandle: {handle}",
            f"\tRequested time: {asked}",
            f"\tRequested count: {count}",
            "\tRequest status: Complete",
        ]
    lines += ["", f"Serial Number:  {view.serial}", "", "License mode: Smart Licensing", ""]
    return [*lines, *view.features, ""]
