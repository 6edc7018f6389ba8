"""The commands of `license smart`.

Source: Cisco TAC document 225967; CiscoDevNet/sccfm-devkit (throughput on virtual ASAs only).
Unproven: `transport url`, `no transport ...`, `privacy`.
"""

from __future__ import annotations

from typing import cast

from mock_devices.command_table import Answer, Call
from mock_devices.commands.configuration import edit
from mock_devices.commands.tables import CONFIG, SMART, smart_here
from mock_devices.outputs import misc
from mock_devices.scenario import HostPort, Transport
from mock_devices.shell_state import ShellState
from mock_devices.state import DeviceState

# CiscoDevNet/terraform-provider-ciscoasa, its documentation.
THROUGHPUTS = ("100M", "1G", "2G", "10G", "20G")


def _virtual(device: DeviceState, shell: ShellState) -> bool:
    del shell
    return device.platform.virtual


def _transport(device: DeviceState, shell: ShellState) -> bool:
    del shell
    return device.accepts_transport


@CONFIG.add("license smart", when=smart_here)
def license_smart(call: Call) -> Answer:
    """Enter the licence mode."""
    call.shell.mode = "config-smart-lic"
    return Answer()


@CONFIG.add("no license smart", when=smart_here)
def no_license_smart(call: Call) -> Answer:
    """Remove the whole block."""
    nothing = {
        "transport": None,
        "proxy": None,
        "url": None,
        "tier": None,
        "throughput": None,
        "feature_contexts": None,
        "strong_encryption": False,
        "privacy_hostname": False,
        "privacy_version": False,
    }
    return edit(call, lambda config: config.with_(**nothing), mode="config", contact=True)


@SMART.add("transport type smart", "transport type callhome", when=_transport)
def transport_type(call: Call) -> Answer:
    """Choose the transport."""
    chosen = cast("Transport", call.words[-1])
    return edit(call, lambda config: config.with_(transport=chosen), contact=True)


@SMART.add("no transport type", "no transport type smart", "no transport type callhome", when=_transport)
def no_transport_type(call: Call) -> Answer:
    """Go back to the default of the release."""
    return edit(call, lambda config: config.with_(transport=None), contact=True)


@SMART.add("transport proxy <host> port <number>", when=_transport)
def transport_proxy(call: Call) -> Answer:
    """Set the proxy of Smart Transport."""
    port = int(call.args[1])
    if not 1 <= port <= 65535:
        return Answer(
            lines=misc.caret(len(call.shell.prompt) + 1 + len(f"transport proxy {call.args[0]} port "))
        )
    proxy = HostPort(host=call.args[0], port=port)
    return edit(call, lambda config: config.with_(proxy=proxy), contact=True)


@SMART.add("no transport proxy", "no transport proxy <rest>", when=_transport)
def no_transport_proxy(call: Call) -> Answer:
    """Remove it."""
    return edit(call, lambda config: config.with_(proxy=None), contact=True)


@SMART.add("transport url <url>", "transport url default", "no transport url", when=_transport)
def transport_url(call: Call) -> Answer:
    """Set where Smart Transport connects to."""
    url = call.args[0] if call.args else None
    return edit(call, lambda config: config.with_(url=url), contact=True)


@SMART.add("feature tier standard", "no feature tier", "no feature tier standard")
def feature_tier(call: Call) -> Answer:
    """Set the feature tier."""
    tier = None if call.words[0] == "no" else "standard"
    return edit(call, lambda config: config.with_(tier=tier))


@SMART.add("feature context <number>", "no feature context", "no feature context <number>")
def feature_context(call: Call) -> Answer:
    """Request security contexts."""
    count = None if call.words[0] == "no" else int(call.args[0])
    return edit(call, lambda config: config.with_(feature_contexts=count))


@SMART.add("feature strong-encryption", "no feature strong-encryption")
def strong_encryption(call: Call) -> Answer:
    """Request strong encryption."""
    wanted = call.words[0] != "no"
    return edit(call, lambda config: config.with_(strong_encryption=wanted))


@SMART.add("throughput level <level>", when=_virtual)
def throughput(call: Call) -> Answer:
    """Set the throughput of a virtual ASA."""
    level = call.args[0].upper()
    if level not in THROUGHPUTS:
        return Answer(lines=misc.caret(len(call.shell.prompt) + 1 + len("throughput level ")))
    return edit(call, lambda config: config.with_(throughput=level))


@SMART.add("no throughput level", "no throughput level <level>", when=_virtual)
def no_throughput(call: Call) -> Answer:
    """Remove it."""
    return edit(call, lambda config: config.with_(throughput=None))


@SMART.add("privacy hostname", "privacy version", "no privacy hostname", "no privacy version")
def privacy(call: Call) -> Answer:
    """Hide the host name or the version from the licence authority."""
    wanted = {f"privacy_{call.words[-1]}": call.words[0] != "no"}
    return edit(call, lambda config: config.with_(**wanted))
