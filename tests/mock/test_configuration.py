"""Configuration, saving, pairs, contexts, roles."""

from __future__ import annotations

from tests.mock.conftest import Connect, Serve
from tests.mock.test_licensing import configure

PAIR = (
    {"name": "fw-a", "hostname": "fw", "failover": {"mate": "fw-b", "unit": "primary", "state": "active"}},
    {"name": "fw-b", "hostname": "fw", "failover": {"mate": "fw-a", "unit": "secondary", "state": "standby"}},
)


def test_reading_changes_nothing(serve: Serve, connect: Connect) -> None:
    fleet = serve()
    device = fleet["fw-1"]
    client = connect(device).enable()

    for line in ("show running-config", "show startup-config", "show license all", "show failover"):
        client.run(line)

    assert device.running_config() == device.running_config_at_start
    assert device.config_changes == 0


def test_terminal_width_is_a_change_of_the_configuration(serve: Serve, connect: Connect) -> None:
    device = serve()["fw-1"]

    configure(connect(device).enable(), "terminal width 511")

    assert "terminal width 511" in device.running_config().split("\n")
    assert device.is_dirty
    assert device.config_changes == 1


def test_undoing_a_change_gives_the_same_bytes_again(serve: Serve, connect: Connect) -> None:
    device = serve()["fw-1"]
    client = connect(device).enable()

    configure(client, "license smart", "transport type callhome", "transport proxy p.example.net port 80")
    changed = device.running_config()
    configure(client, "license smart", "no transport type", "no transport proxy")

    assert changed != device.running_config_at_start
    assert device.running_config() == device.running_config_at_start


def test_call_home_block_can_be_written(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()

    configure(
        client,
        "call-home",
        "http-proxy 192.0.2.80 port 80",
        "profile License",
        "destination address http https://onprem.example.net/x",
        "destination transport-method http",
    )

    text = client.run("show running-config call-home")
    assert " http-proxy 192.0.2.80 port 80\n profile License\n" in text
    assert "  destination address http https://onprem.example.net/x\n" in text


def test_a_restart_loses_what_was_not_saved(serve: Serve, connect: Connect) -> None:
    device = serve()["fw-1"]
    client = connect(device).enable()
    configure(client, "license smart", "transport type callhome")

    device.restart()

    assert client.is_closed()
    assert device.running_config() == device.running_config_at_start


def test_write_memory_saves_and_says_ok(serve: Serve, connect: Connect) -> None:
    device = serve()["fw-1"]
    client = connect(device).enable()
    configure(client, "license smart", "transport type callhome")

    said = client.run("write memory")
    device.restart()

    assert said.startswith("Building configuration...\nCryptochecksum: ")
    assert said.endswith("[OK]\n")
    assert " transport type callhome" in device.running_config()


def test_reload_asks_and_restarts(serve: Serve, connect: Connect) -> None:
    device = serve()["fw-1"]
    client = connect(device).enable()
    configure(client, "hostname other")

    client.run("reload", r"\[N\]o:$")
    client.run("n", r"\[confirm\] $")
    client.channel.send(b"y")

    assert client.is_closed()
    assert device.running_config() == device.running_config_at_start


def test_the_active_unit_configures_and_saves_both(serve: Serve, connect: Connect) -> None:
    fleet = serve(*PAIR)
    client = connect(fleet["fw-a"]).enable()
    assert client.seen.endswith("\rfw/pri/act# ")

    answers = configure(client, "license smart", "transport type callhome")
    client.run("write memory")

    assert answers == ["", ""]
    for unit in (fleet["fw-a"], fleet["fw-b"]):
        assert " transport type callhome" in unit.running_config()
        assert not unit.is_dirty


def test_the_standby_unit_warns_and_keeps_the_change_for_itself(serve: Serve, connect: Connect) -> None:
    fleet = serve(*PAIR)
    client = connect(fleet["fw-b"]).enable()

    entered = client.run("configure terminal")
    client.run("license smart")
    changed = client.run("transport type callhome")

    for said in (entered, changed):
        assert said.startswith("**** WARNING ****\n")
        assert "Configuration Replication is NOT performed from Standby unit to Active unit" in said
        assert "Configurations are no longer synchronized." in said
    assert "callhome" in fleet["fw-b"].running_config()
    assert fleet["fw-a"].running_config() == fleet["fw-a"].running_config_at_start


def test_show_failover_of_both_units_agree(serve: Serve, connect: Connect) -> None:
    fleet = serve(*PAIR, {"name": "alone"})

    active = connect(fleet["fw-a"]).enable().run("show failover")
    standby = connect(fleet["fw-b"]).enable().run("show failover")

    assert active.startswith("Failover On \nFailover unit Primary\n")
    assert "        This host: Primary - Active \n" in active
    assert "        Other host: Secondary - Standby Ready \n" in active
    assert "        This host: Secondary - Standby Ready \n" in standby
    serials = (fleet["fw-a"].serial, fleet["fw-b"].serial)
    assert "Serial Number: Ours {}, Mate {}\n".format(*serials) in active
    assert connect(fleet["alone"]).enable().run("show failover").startswith("Failover Off")


def test_old_failover_shape_has_no_trailing_blanks(serve: Serve, connect: Connect) -> None:
    first, second = PAIR
    fleet = serve({**first, "failover": {**first["failover"], "old_shape": True}}, second)  # type: ignore[dict-item]

    text = connect(fleet["fw-a"]).enable().run("show failover")

    assert not [line for line in text.split("\n") if line != line.rstrip()]


def test_a_role_change_reaches_an_open_session(serve: Serve, connect: Connect) -> None:
    fleet = serve(*PAIR)
    client = connect(fleet["fw-a"]).enable()

    fleet["fw-a"].switch_role()

    shown = client.until(r"stby# $")
    assert "\r\n        Switching to Standby\r\n\rfw/pri/stby# " in shown
    assert fleet["fw-b"].role == "active"


def test_no_failover_active_gives_the_role_away_after_the_prompt(serve: Serve, connect: Connect) -> None:
    client = connect(serve(*PAIR)["fw-a"]).enable()

    shown = client.key("no failover active\n", "stby# $")

    assert "\rfw/pri/act# \r\n        Switching to Standby\r\n\rfw/pri/stby# " in shown


def test_replication_chatter_lands_on_the_prompt(serve: Serve, connect: Connect) -> None:
    first, second = PAIR
    chatty = {**first, "failover": {**first["failover"], "replication_chatter": True}}  # type: ignore[dict-item]
    client = connect(serve(chatty, second)["fw-a"]).enable()
    client.run("configure terminal")

    shown = client.key("hostname fw2\n", "End Configuration Replication to mate")

    assert "# \r\nBeginning configuration replication: Sending to mate." in shown


def test_contexts_hold_the_licence_in_the_system_space_only(serve: Serve, connect: Connect) -> None:
    fleet = serve({"model": "FPR-3105", "contexts": {"names": ["admin", "tenant"]}})
    client = connect(fleet["fw-1"]).enable()
    assert client.seen.endswith("\rfw-1/admin# ")

    in_context = client.run("show license status"), client.run("show version")
    assert "license smart" not in client.run("show running-config")
    wrong = client.run("changeto context GLOBAL")
    client.run("changeto system")

    assert "Invalid input" in in_context[0]
    assert " <context> \n" in in_context[1]
    assert "Serial Number" not in in_context[1]
    assert wrong == "ERROR: 'GLOBAL' is not valid\n"
    assert client.seen.endswith("\rfw-1# ")
    assert " <system> \n" in client.run("show version")
    assert "\nlicense smart\n" in client.run("show running-config")
    assert "Registration:" in client.run("show license status")
    assert "*admin " in client.run("show context")
    assert client.run("show mode") == "Security context mode: multiple \n"


def test_a_user_context_cannot_change_to_the_system(serve: Serve, connect: Connect) -> None:
    spec = {"contexts": {"names": ["admin", "tenant"], "landing": "tenant"}}
    client = connect(serve(spec)["fw-1"]).enable()

    assert "Invalid input" in client.run("changeto system")
    assert client.seen.endswith("\rfw-1/tenant# ")


def test_anonymous_reporting_is_asked_until_answered(serve: Serve, connect: Connect) -> None:
    fleet = serve({"call_home": {"reporting_anonymous": None}})
    client = connect(fleet["fw-1"]).enable()

    first = client.key("configure terminal\n", "later: $")
    client.run("A")
    client.run("end")
    client.key("conf t\n", "later: $")
    answered = client.run("N")
    client.run("end")

    assert "Would you like to enable anonymous error reporting to help improve\r\n" in first
    assert "Please remember to save your configuration.\n" in answered
    assert client.run("configure terminal") == ""
    assert "no call-home reporting anonymous" in fleet["fw-1"].running_config()


def test_throughput_exists_on_virtual_platforms_only(serve: Serve, connect: Connect) -> None:
    fleet = serve({}, {"model": "FPR-1120"})

    virtual = configure(connect(fleet["fw-1"]).enable(), "license smart", "throughput level 2G")
    hardware = configure(connect(fleet["fw-2"]).enable(), "license smart", "throughput level 2G")

    assert virtual == ["", ""]
    assert "Invalid input" in hardware[1]
    assert "throughput level 2G" in fleet["fw-1"].running_config()


def test_global_commands_leave_a_sub_mode(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()
    configure_lines = ("configure terminal", "license smart", "hostname renamed")

    for line in configure_lines:
        client.run(line)

    assert client.seen.endswith("\rrenamed(config)# ")
