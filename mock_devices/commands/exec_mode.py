"""The commands of user and privileged mode that are not `show`.

Source: unicon.plugins, recorded dialogues (enable, changeto, reload, the anonymous-reporting
question); oxidized (pager); Netspoc-Approve (write memory).  `ping tcp` is unproven.
"""

from __future__ import annotations

from mock_devices.command_table import Answer, Ask, Call
from mock_devices.commands.tables import CONFIG, EXEC, THREAT_DEFENSE, USER, multiple, paired, smart_here
from mock_devices.outputs import misc

# Three wrong passwords and the ASA gives up (unproven, told by operators).
ENABLE_TRIES = 3


@USER.add("enable", "enable <level>")
@EXEC.add("enable", "enable <level>")
def enable(call: Call) -> Answer:
    """Ask for the enable password, also where the session is privileged already."""
    call.shell.tries = 0
    if call.device.spec.login.enable == "not-set":
        lines = ["The enable password is not set.  Please set it now."]
        return Answer(lines=lines, ask=_new_password("Enter  Password: "))
    return Answer(ask=_password(call))


def _password(call: Call) -> Ask:
    kind = call.device.spec.login.enable

    def answered(text: str) -> Answer:
        if kind == "hang-up":
            return Answer(close=True)
        if text == (call.device.spec.login.enable_password or ""):
            if kind == "new-password":
                return Answer(lines=["Your password has expired."], ask=_new_password("New Password: "))
            call.shell.mode = "privileged"
            return Answer(lines=[text] if kind == "echo" else [])
        call.shell.tries += 1
        if call.shell.tries >= ENABLE_TRIES:
            return Answer(lines=["Access denied."])
        return Answer(lines=["Invalid password"], ask=_password(call))

    prompts = {"upper": "PASSWORD: ", "passcode": "Enter PASSCODE: "}
    return Ask(prompt=prompts.get(kind, "Password: "), secret=True, answered=answered)


def _new_password(prompt: str) -> Ask:
    """Set a password: what a client types here is the new one, whatever it meant."""
    again = Ask(prompt="Repeat Password: ", secret=True, answered=lambda _text: Answer())
    return Ask(prompt=prompt, secret=True, answered=lambda _text: Answer(ask=again))


@USER.add("login")
@EXEC.add("login")
def login(call: Call) -> Answer:
    """Ask for a local user: `login` changes who is logged in."""

    def username(name: str) -> Answer:
        return Answer(ask=Ask(prompt="Password: ", secret=True, answered=lambda word: password(name, word)))

    def password(name: str, word: str) -> Answer:
        known = call.device.spec.login
        if (name, word) == (known.username, known.password):
            call.shell.mode = "privileged"
            return Answer()
        return Answer(lines=["Login failed"])

    return Answer(ask=Ask(prompt="Username: ", answered=username))


@THREAT_DEFENSE.add("exit", "logout")
@USER.add("exit", "logout", "quit")
@EXEC.add("exit", "logout", "quit")
def leave(call: Call) -> Answer:
    """Log off: `exit` in privileged mode does not go back to `>`."""
    del call
    return Answer(lines=["", "Logoff", ""], close=True)


@EXEC.add("disable")
def disable(call: Call) -> Answer:
    """Go back to user mode."""
    call.shell.mode = "user"
    return Answer()


@EXEC.add("terminal pager <number>", "terminal pager lines <number>")
def terminal_pager(call: Call) -> Answer:
    """Set the pager of this session only."""
    call.shell.pager = int(call.args[0])
    return Answer()


@EXEC.add("terminal monitor", "terminal no monitor", "terminal interactive")
def terminal_other(call: Call) -> Answer:
    """Accept the other per-session settings."""
    del call
    return Answer()


@EXEC.add("configure terminal")
def configure_terminal(call: Call) -> Answer:
    """Enter configuration mode; it may ask about anonymous reporting first (unicon.plugins)."""
    call.shell.mode = "config"
    lines: list[str] = []
    if call.device.is_replica:
        lines = list(misc.STANDBY_WARNING)
    if call.device.config.anonymous is not None or not call.shell.in_system:
        return Answer(lines=lines)
    return Answer(lines=[*lines, *misc.ANONYMOUS_NOTICE], ask=_anonymous(call))


def _anonymous(call: Call) -> Ask:
    def answered(text: str) -> Answer:
        choice = text.strip().lower()[:1]
        if choice not in {"y", "n", "a"}:
            return Answer(ask=_anonymous(call))
        if choice == "a":
            lines = ["", "You will be reminded again if you do not enable or disable this feature"]
            return Answer(lines=[*lines, 'explicitly with "[no] call-home reporting anonymous".', ""])
        call.device.change(lambda config: config.with_(anonymous=choice == "y"), by=call.shell.author)
        if choice == "y":
            return Answer(lines=["", "Enabling anonymous reporting.", ""])
        return Answer(
            lines=[
                "",
                "In the future, if you would like to enable this feature,",
                'issue the command "call-home reporting anonymous".',
                "",
                "Please remember to save your configuration.",
                "",
            ]
        )

    return Ask(prompt=misc.ANONYMOUS_QUESTION, answered=answered)


@EXEC.add("changeto system", when=multiple)
def changeto_system(call: Call) -> Answer:
    """Go to the system execution space."""
    call.shell.context = None
    call.shell.mode = "privileged"
    return Answer()


@EXEC.add("changeto context <name>", when=multiple)
def changeto_context(call: Call) -> Answer:
    """Go to a context."""
    contexts = call.device.spec.contexts
    if contexts is None or call.args[0] not in contexts.names:
        return Answer(lines=[f"ERROR: '{call.args[0]}' is not valid"])
    call.shell.context = call.args[0]
    call.shell.mode = "privileged"
    return Answer()


@EXEC.add(
    "write",
    "write memory",
    "copy running-config startup-config",
    "copy /noconfirm running-config startup-config",
)
def write_memory(call: Call) -> Answer:
    """Save; the plain `copy` asks for the source file name first."""
    device = call.device

    def saved(_text: str = "") -> Answer:
        device.save(call.shell.author)
        return Answer(
            lines=misc.write_memory(device.startup_text(), per_second=device.spec.quirks.saved_bytes_per_sec)
        )

    if call.words[0] == "copy" and "/noconfirm" not in call.words:
        return Answer(lines=[""], ask=Ask(prompt="Source filename [running-config]? ", answered=saved))
    return saved()


@EXEC.add("copy /noconfirm disk0:/backup.cfg startup-config")
def restore_startup(call: Call) -> Answer:
    """Put back what was saved when the fleet started; what runs stays as it is."""
    call.device.restore_startup(call.shell.author)
    return Answer(lines=["", "Copy in progress...C", "", "7413 bytes copied in 0.30 secs"])  # unproven


@EXEC.add("ping tcp <host> <number>")
def ping_tcp(call: Call) -> Answer:
    """Try a TCP connection from the firewall itself."""
    host, port = call.args[0], int(call.args[1])
    reach = call.device.reach(host, port)
    if reach == "unknown-host":
        return _unknown_host(call, host)
    return Answer(lines=misc.ping_tcp(_address(host), port, reach))


@EXEC.add("ping <host>")
@USER.add("ping <host>")
def ping(call: Call) -> Answer:
    """Send ICMP echoes."""
    reach = call.device.reach(call.args[0], None)
    if reach == "unknown-host":
        return _unknown_host(call, call.args[0])
    return Answer(lines=misc.ping(_address(call.args[0]), reach))


def _unknown_host(call: Call, host: str) -> Answer:
    column = len(call.shell.prompt) + 1 + len(" ".join(word for word in call.words if word[0] != "<")) + 1
    return Answer(lines=[" " * column + "^", f"ERROR: % Invalid Hostname: {host}"])  # unproven


def _address(host: str) -> str:
    known = {"smartreceiver.cisco.com": "192.0.2.201", "tools.cisco.com": "192.0.2.202"}
    return known.get(host, host)


@EXEC.add("license smart renew auth", "license smart renew id", when=smart_here)
def renew(call: Call) -> Answer:
    """Schedule a contact now instead of in thirty days."""
    device = call.device
    delay = device.spec.latency.contact_s
    if call.words[-1] == "auth":
        device.agent.contact_soon(device.now, delay)
    else:
        device.agent.renew_id_soon(device.now, delay)
    return Answer()


@EXEC.add(
    "license smart register idtoken <token>", "license smart register idtoken <token> force", when=smart_here
)
def register(call: Call) -> Answer:
    """Start a registration."""
    device = call.device
    if device.agent.state.registration == "REGISTERED" and call.words[-1] != "force":
        return Answer(lines=["Already registered. Use 'force' option to re-register."])  # unproven
    device.agent.register_soon(device.now, device.spec.latency.contact_s)
    return Answer(
        lines=[
            "Registration process is in progress. Use the 'show license status' command"
            " to check the progress and result"
        ]
    )


@EXEC.add("failover active", "no failover active", when=paired)
@CONFIG.add("failover active", "no failover active", when=paired)
def failover_active(call: Call) -> Answer:
    """Take or give up the active role (observed on ASAv 9.23(1))."""
    wanted = "standby" if call.words[0] == "no" else "active"
    if call.device.role == wanted:
        return Answer()
    return Answer(lines=[""], then=call.device.switch_role)


@EXEC.add("reload", "reload noconfirm")
def reload(call: Call) -> Answer:
    """Restart; unsaved changes bring one more question (unicon.plugins)."""

    def confirmed(text: str) -> Answer:
        if text.strip().lower() not in {"", "y", "yes", "\r", "\n"}:
            return Answer()
        return Answer(
            lines=[
                "",
                "",
                "***",
                "*** --- START GRACEFUL SHUTDOWN ---",
                "Shutting down License Controller",
                "Shutting down File system",
                "***",
                "*** --- SHUTDOWN NOW ---",
            ],
            close=True,
            restart=True,
        )

    def saved(text: str) -> Answer:
        choice = text.strip().lower()[:1]
        if choice == "c":
            return Answer()
        if choice in {"y", "s"}:
            call.device.save(call.shell.author)
        return Answer(ask=proceed)

    proceed = Ask(prompt="Proceed with reload? [confirm] ", answered=confirmed, one_key=True)
    if call.words[-1] == "noconfirm":
        return confirmed("")
    if call.device.is_dirty:
        question = "System config has been modified. Save? [Y]es/[N]o:"
        return Answer(ask=Ask(prompt=question, answered=saved))
    return Answer(ask=proceed)
