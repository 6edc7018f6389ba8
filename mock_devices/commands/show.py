"""The `show` commands.

Source: see the modules of `outputs/`; which of them exist in a context is not proven,
hence `quirks.license_in_context`.
"""

from __future__ import annotations

from typing import Literal

from mock_devices.command_table import Answer, Call
from mock_devices.commands.tables import EXEC, THREAT_DEFENSE, USER, smart_here
from mock_devices.config import call_home_lines, clock_lines, dns_lines, license_lines
from mock_devices.outputs import cluster, failover, misc, threat_defense, version
from mock_devices.outputs import license as licence
from mock_devices.shell_state import ShellState
from mock_devices.state import DeviceState


def _license_shown(device: DeviceState, shell: ShellState) -> bool:
    if device.license_mode == "payg" or device.spec.quirks.license_commands == "invalid":
        return False
    if device.license_mode == "pak":
        return device.spec.quirks.pak_show_license == "message"
    return shell.in_system or device.spec.quirks.license_in_context == "shown"


def _status_shown(device: DeviceState, shell: ShellState) -> bool:
    hidden = device.license_mode == "fxos" and device.spec.quirks.fxos_show_status == "invalid"
    return _license_shown(device, shell) and not hidden


@THREAT_DEFENSE.add("show version", "show version system")
def threat_defense_version(call: Call) -> Answer:
    """Print the version of Threat Defense, with that of the ASA inside it."""
    device = call.device
    inside = version.show_version(device.version_view(None))
    return Answer(lines=threat_defense.show_version(device.spec, device.config.hostname, inside))


@USER.add("show version")
@EXEC.add("show version")
def show_version(call: Call) -> Answer:
    """Print the version; the space is named in multiple context mode."""
    space: Literal["system", "context"] | None = None
    if call.device.multiple:
        space = "system" if call.shell.context is None else "context"
    return Answer(lines=version.show_version(call.device.version_view(space)))


@EXEC.add("show license all", when=_license_shown)
def license_all(call: Call) -> Answer:
    """Print everything about licences."""
    if call.device.license_mode == "pak":
        return Answer(lines=_pak(call))
    view = call.device.license_view()
    return Answer(
        lines=licence.show_fxos(view) if call.device.license_mode == "fxos" else licence.show_all(view)
    )


@EXEC.add("show license status", "show license summary", "show license usage", when=_status_shown)
def license_part(call: Call) -> Answer:
    """Print one part of it."""
    if call.device.license_mode == "pak":
        return Answer(lines=_pak(call))
    view = call.device.license_view()
    if call.device.license_mode == "fxos":
        return Answer(lines=licence.show_fxos(view, whole=False))
    printers = {"status": licence.show_status, "summary": licence.show_summary, "usage": licence.show_usage}
    return Answer(lines=printers[call.words[-1]](view))


def _pak(call: Call) -> list[str]:
    del call
    return ["Smart Licensing is not supported on this platform."]  # unproven


@EXEC.add("show license features", when=_license_shown)
def license_features(call: Call) -> Answer:
    """Print the feature table."""
    return Answer(lines=version.features(call.device.version_view(None)))


@EXEC.add("show running-config")
def running_config(call: Call) -> Answer:
    """Print the whole running configuration."""
    return Answer(lines=call.device.full_listing(system=call.shell.in_system))


@EXEC.add("more system:running-config")
def more_running_config(call: Call) -> Answer:
    """Print the running configuration with its secrets."""
    return Answer(lines=call.device.full_listing(system=call.shell.in_system))


@EXEC.add("show startup-config")
def startup_config(call: Call) -> Answer:
    """Print the saved configuration."""
    return Answer(lines=call.device.full_listing(startup=True, system=call.shell.in_system))


@EXEC.add("show checksum", when=lambda device, _shell: device.spec.quirks.checksum != "invalid")
def show_checksum(call: Call) -> Answer:
    """Print the digest of the configuration (unproven), in the groups of `write memory`."""
    digits = call.device.shown_checksum(system=call.shell.in_system)
    return Answer(lines=[f"Cryptochecksum: {misc.grouped(digits)} "])


@EXEC.add("show running-config license", when=smart_here)
def running_license(call: Call) -> Answer:
    """Print the licence block; the default transport is hidden (not proven)."""
    return Answer(lines=license_lines(call.device.config, call.device.frame()))


@EXEC.add("show running-config all license", when=smart_here)
def running_license_all(call: Call) -> Answer:
    """Print the licence block with its defaults."""
    return Answer(lines=license_lines(call.device.config, call.device.frame(), everything=True))


@EXEC.add("show running-config call-home", when=lambda _device, shell: shell.in_system)
def running_call_home(call: Call) -> Answer:
    """Print the call-home block."""
    return Answer(lines=call_home_lines(call.device.config))


@EXEC.add("show running-config clock")
def running_clock(call: Call) -> Answer:
    """Print the time zone."""
    return Answer(lines=clock_lines(call.device.frame()))


@EXEC.add("show running-config dns")
def running_dns(call: Call) -> Answer:
    """Print the name servers."""
    del call
    return Answer(lines=dns_lines())


@EXEC.add("show running-config terminal", "show running-config prompt")
def running_small(call: Call) -> Answer:
    """Print one line of the configuration."""
    config = call.device.config
    if call.words[-1] == "prompt":
        return Answer(lines=[f"prompt {' '.join(config.prompt)} "])
    return Answer(lines=[f"terminal width {config.width}"] if config.width != 80 else [])


@EXEC.add("show failover")
def show_failover(call: Call) -> Answer:
    """Print the pair."""
    return Answer(lines=failover.show_failover(call.device.failover_view()))


@EXEC.add("show failover state")
def show_failover_state(call: Call) -> Answer:
    """Print the pair in short."""
    return Answer(lines=failover.show_state(call.device.failover_view()))


@EXEC.add("show cluster info", when=lambda device, _shell: device.has_cluster_command)
def show_cluster_info(call: Call) -> Answer:
    """Print this unit's part in its cluster."""
    return Answer(lines=cluster.show_cluster_info(call.device.cluster_view()))


@EXEC.add("show mode")
def show_mode(call: Call) -> Answer:
    """Print `single ` or `multiple `, with the trailing blank that oxidized has recorded."""
    return Answer(lines=[f"Security context mode: {'multiple' if call.device.multiple else 'single'} "])


@EXEC.add("show context", when=lambda device, _shell: device.multiple)
def show_context(call: Call) -> Answer:
    """Print the contexts: all of them from the system space, else the own one."""
    contexts = call.device.spec.contexts
    if contexts is None:
        return Answer()
    names = tuple(contexts.names) if call.shell.in_system else (call.shell.context or contexts.admin,)
    return Answer(lines=misc.show_context(names, contexts.admin, whole=call.shell.in_system))


@USER.add("show clock")
@EXEC.add("show clock")
def show_clock(call: Call) -> Answer:
    """Print the device's own time."""
    return Answer(lines=[call.device.local_stamp()])


@EXEC.add("show clock detail")
def show_clock_detail(call: Call) -> Answer:
    """Print the time and where it comes from."""
    return Answer(lines=[call.device.local_stamp(), "Time source is NTP"])


@EXEC.add("show hostname")
def show_hostname(call: Call) -> Answer:
    """Print the host name."""
    return Answer(lines=[call.device.config.hostname])


@EXEC.add("show pager")
def show_pager(call: Call) -> Answer:
    """Print the pager of this session."""
    return Answer(lines=[f"pager lines {call.shell.pager}" if call.shell.pager else "no pager"])


@EXEC.add("show terminal")
def show_terminal(call: Call) -> Answer:
    """Print the terminal."""
    return Answer(lines=["", f"Width = {call.device.config.width}, no monitor", "terminal interactive"])


@EXEC.add("show curpriv")
def show_curpriv(call: Call) -> Answer:
    """Print who is logged in."""
    return Answer(
        lines=[f"Username : {call.shell.author}", "Current privilege level : 15", "Current Mode/s : P_PRIV"]
    )


@EXEC.add("show inventory")
def show_inventory(call: Call) -> Answer:
    """Print the chassis."""
    device = call.device
    return Answer(
        lines=[
            f'Name: "Chassis", DESCR: "{device.spec.model} Adaptive Security Appliance"',
            f"PID: {device.platform.udi:<18}, VID: V01     , SN: {device.serial}",
            "",
        ]
    )


@EXEC.add("show route", "show resource usage", "show logging", "show interface")
def show_nothing(call: Call) -> Answer:
    """Answer nothing: these words exist so that abbreviations are as ambiguous as on an ASA."""
    del call
    return Answer()
