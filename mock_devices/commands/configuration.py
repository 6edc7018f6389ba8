"""The commands of global configuration and call-home.

Source: CiscoDevNet/cisco-asav (Call Home and its proxy); netmiko (`terminal width` at every login).
"""

from __future__ import annotations

from collections.abc import Callable

from mock_devices.command_table import Answer, Call
from mock_devices.commands.tables import CALL_HOME, CONFIG, PROFILE, smart_here
from mock_devices.config import Config
from mock_devices.outputs import misc
from mock_devices.scenario import HostPort
from mock_devices.shell_state import Mode
from mock_devices.state import DeviceState


def edit(
    call: Call, change: Callable[[Config], Config], *, mode: Mode | None = None, contact: bool = False
) -> Answer:
    """Apply one configuration line; a standby says that it keeps the change for itself (unicon.plugins)."""
    device = call.device
    device.change(change, by=call.shell.author, contact=contact)
    if mode is not None:
        call.shell.mode = mode
    lines: list[str] = []
    if device.is_replica:
        lines = list(misc.STANDBY_WARNING)
    elif device.spec.failover is not None and device.spec.failover.replication_chatter:
        return Answer(then=lambda: _chatter(device))
    return Answer(lines=lines)


def _chatter(device: DeviceState) -> None:
    # May land on the prompt (recorded by unicon.plugins).
    device.announce("Beginning configuration replication: Sending to mate.")
    device.announce("End Configuration Replication to mate")


@CONFIG.add("end")
def end(call: Call) -> Answer:
    """Go back to privileged mode."""
    call.shell.mode = "privileged"
    return Answer()


@CONFIG.add("exit", "quit")
def leave(call: Call) -> Answer:
    """Go up one mode."""
    upper: dict[str, Mode] = {"config-smart-lic": "config", "config-call-home": "config"}
    upper["config-call-home-profile"] = "config-call-home"
    call.shell.mode = upper.get(call.shell.mode, "privileged")
    return Answer()


@CONFIG.add("hostname <name>")
def hostname(call: Call) -> Answer:
    """Rename the device."""
    return edit(call, lambda config: config.with_(hostname=call.args[0]), mode="config")


@CONFIG.add("terminal width <number>")
def terminal_width(call: Call) -> Answer:
    """Set the width: a change of the running configuration."""
    width = int(call.args[0])
    if not 40 <= width <= 511:
        column = len(call.shell.prompt) + 1 + len("terminal width ")
        return Answer(lines=misc.caret(column))
    return edit(call, lambda config: config.with_(width=width), mode="config")


@CONFIG.add("pager lines <number>", "pager <number>", "no pager")
def pager(call: Call) -> Answer:
    """Set the pager of later sessions."""
    count = int(call.args[0]) if call.args else 0
    call.shell.pager = count
    return edit(call, lambda config: config.with_(pager=count), mode="config")


@CONFIG.add("prompt <rest>")
def prompt(call: Call) -> Answer:
    """Choose what the prompt shows."""
    words = tuple(call.args[0].split())
    known = {"hostname", "priority", "state", "context", "domain", "cluster-unit"}
    for word in words:
        if word not in known:
            return Answer(lines=misc.caret(len(call.shell.prompt) + 8 + call.args[0].index(word)))
    return edit(call, lambda config: config.with_(prompt=words), mode="config")


@CONFIG.add("call-home reporting anonymous", "no call-home reporting anonymous")
def anonymous(call: Call) -> Answer:
    """Answer the anonymous-reporting question once and for all."""
    yes = call.words[0] != "no"
    return edit(call, lambda config: config.with_(anonymous=yes), mode="config")


@CONFIG.add("call-home", when=smart_here)
def call_home(call: Call) -> Answer:
    """Enter call-home configuration."""
    call.shell.mode = "config-call-home"
    return Answer()


@CALL_HOME.add("http-proxy <host> port <number>")
def http_proxy(call: Call) -> Answer:
    """Set the proxy of Smart Call Home; Smart Transport does not use it (inferred)."""
    port = int(call.args[1])
    if not 1 <= port <= 65535:
        return Answer(lines=misc.caret(len(call.shell.prompt) + 1 + len(f"http-proxy {call.args[0]} port ")))
    proxy = HostPort(host=call.args[0], port=port)
    return edit(call, lambda config: config.with_(http_proxy=proxy), mode="config-call-home", contact=True)


@CALL_HOME.add("no http-proxy", "no http-proxy <rest>")
def no_http_proxy(call: Call) -> Answer:
    """Remove it."""
    return edit(call, lambda config: config.with_(http_proxy=None), mode="config-call-home", contact=True)


@CALL_HOME.add("profile <name>")
def profile(call: Call) -> Answer:
    """Enter a profile."""
    call.shell.profile = call.args[0]
    call.shell.mode = "config-call-home-profile"
    return Answer()


@CALL_HOME.add("no profile <name>")
def no_profile(call: Call) -> Answer:
    """Remove a profile."""
    if call.args[0].lower() != "license":
        return Answer()
    gone = {"license_address": None, "license_method": None}
    return edit(call, lambda config: config.with_(**gone), mode="config-call-home")


@PROFILE.add("destination address http <url>", "destination transport-method <method>")
def destination(call: Call) -> Answer:
    """Set where the profile sends to; only the profile `License` is kept."""
    if (call.shell.profile or "").lower() != "license":
        return Answer()
    key = "license_address" if call.words[1] == "address" else "license_method"
    return edit(call, lambda config: config.with_(**{key: call.args[0]}))


@PROFILE.add("active", "no active", "default")
def active(call: Call) -> Answer:
    """Accept it; the mock's profiles have no state of their own."""
    del call
    return Answer()
