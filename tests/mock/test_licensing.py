"""Licence outputs, contact attempts and the passing of time."""

from __future__ import annotations

import pytest

from tests.mock.conftest import Client, Connect, Serve

DAY = 86400
CLOCK = "2026-01-12T13:00:00Z"


def configure(client: Client, *lines: str) -> list[str]:
    """Type configuration lines; return their answers."""
    answers = [client.run(line) for line in ("configure terminal", *lines, "end")]
    return answers[1:-1]


def status(client: Client) -> str:
    return client.run("show license status")


def test_agent_4_prints_the_year_before_the_time(serve: Serve, connect: Connect) -> None:
    fleet = serve({"license": {"last_contact": "2026-01-05T12:19:01Z"}}, clock=CLOCK)

    text = status(connect(fleet["fw-1"]).enable())

    assert "  Last Communication Attempt: SUCCEEDED on Jan 05 2026 12:19:01 UTC\n" in text
    assert "\nLicense Authorization:\n" in text


def test_agent_1_6_prints_the_year_last_and_no_transport(serve: Serve, connect: Connect) -> None:
    spec = {"version": "9.12(4)67", "license": {"last_contact": "2026-01-05T12:19:01Z"}}
    client = connect(serve(spec, clock=CLOCK)["fw-1"]).enable()

    text = client.run("show license all")

    assert "  Last Communication Attempt: SUCCESS on Jan 05 12:19:01 2026 UTC\n" in text
    assert "\nLicense Authorization: \n" in text
    assert "Export-Controlled Functionality: Allowed\n" in text
    assert "Transport:" not in text


def test_status_starts_with_transport_and_all_with_registration(serve: Serve, connect: Connect) -> None:
    client = connect(serve()["fw-1"]).enable()

    in_status, in_all = status(client), client.run("show license all")

    assert in_status.index("Transport:") < in_status.index("Registration:")
    assert in_all.index("Registration:") < in_all.index("Transport:")


def test_a_contact_follows_a_transport_change_and_moves_the_deadline(serve: Serve, connect: Connect) -> None:
    spec = {"license": {"contact": "failed", "last_contact": "-80d"}, "reachable": {"smart": False}}
    fleet = serve(spec, clock=CLOCK)
    client = connect(fleet["fw-1"]).enable()
    before = status(client)

    configure(client, "license smart", "transport type callhome")
    unchanged = status(client)
    fleet.advance(5)
    after = status(client)

    assert "Last Communication Attempt: FAILED on Jan 12 2026 12:40:00 UTC\n" in before
    assert "    Failure reason: Communication message send error\n" in before
    assert "Last Communication Attempt: FAILED" in unchanged
    assert "Last Communication Attempt: SUCCEEDED on Jan 12 2026 13:00:" in after
    assert "Communication Deadline: Apr 12 2026 13:00:" in after
    assert "  Type: Callhome\n" in after


def test_smart_transport_goes_through_its_proxy_and_ignores_that_of_call_home(
    serve: Serve, connect: Connect
) -> None:
    spec = {
        "license": {"contact": "failed", "last_contact": "-80d"},
        "call_home": {"http_proxy": {"host": "proxy.example.net", "port": 8080}},
        "reachable": {"smart": False, "proxies": {"proxy.example.net:8080": True}},
    }
    fleet = serve(spec, clock=CLOCK)
    client = connect(fleet["fw-1"]).enable()

    client.run("license smart renew auth")
    fleet.advance(10)
    without = fleet["fw-1"].typed and status(client)
    configure(client, "license smart", "transport proxy proxy.example.net port 8080")
    fleet.advance(10)

    assert "Last Communication Attempt: FAILED" in str(without)
    assert "Last Communication Attempt: SUCCEEDED" in status(client)


def test_renew_auth_brings_an_expired_device_back(serve: Serve, connect: Connect) -> None:
    spec = {"license": {"state": "auth-expired", "last_contact": "-112d"}, "reachable": {"smart": False}}
    fleet = serve(spec, clock=CLOCK)
    client = connect(fleet["fw-1"]).enable()
    expired, limited = status(client), client.run("show version")

    fleet["fw-1"].set_reachable(smart=True)
    client.run("license smart renew auth")
    fleet.advance(10)

    assert "  Status: AUTH EXPIRED on " in expired
    assert "  Communication Deadline: DEADLINE EXCEEDED\n" in expired
    assert "Firewall throughput limited to 100 Kbps\n" in limited
    assert "AnyConnect Premium Peers          : 2 " in limited
    assert fleet["fw-1"].license_state() == ("REGISTERED", "AUTHORIZED")
    assert "Firewall throughput limited to 1 Gbps\n" in client.run("show version")


def test_a_healthy_device_renews_by_itself_for_years(serve: Serve) -> None:
    fleet = serve({}, clock=CLOCK)

    for _ in range(5):
        fleet.advance(300 * DAY)

    assert fleet["fw-1"].license_state() == ("REGISTERED", "AUTHORIZED")


def test_ninety_days_without_contact_end_in_auth_expired(serve: Serve) -> None:
    fleet = serve({"license": {"last_contact": "-1d"}}, clock=CLOCK)
    fleet["fw-1"].set_reachable(smart=False)

    fleet.advance(88 * DAY)
    still = fleet["fw-1"].license_state()[1]
    fleet.advance(2 * DAY)

    assert (still, fleet["fw-1"].license_state()[1]) == ("AUTHORIZED", "AUTH EXPIRED")


def test_the_first_retry_comes_after_thirty_seconds_then_hourly(serve: Serve, connect: Connect) -> None:
    spec = {"license": {"last_contact": "-30d"}, "reachable": {"smart": False}}
    fleet = serve(spec, clock=CLOCK)
    client = connect(fleet["fw-1"]).enable()

    fleet.advance(3 * 3600)

    text = status(client)
    assert "Last Communication Attempt: FAILED on Jan 12 2026 15:00:30 UTC\n" in text
    assert "Next Communication Attempt: Jan 12 2026 16:00:30 UTC\n" in text


def test_a_restart_after_a_year_without_contact_loses_the_licence(serve: Serve, connect: Connect) -> None:
    spec = {
        "license": {"state": "auth-expired", "last_contact": "-370d", "registration_expires": "+30d"},
        "reachable": {"smart": False},
    }
    fleet = serve(spec, clock=CLOCK)
    before = fleet["fw-1"].license_state()

    fleet["fw-1"].restart()

    text = status(connect(fleet["fw-1"]).enable())
    assert before == ("REGISTERED", "AUTH EXPIRED")
    assert "  Status: REGISTERING - REGISTRATION IN PROGRESS\n" in text
    assert "  Export-Controlled Functionality: NOT ALLOWED\n" in text
    assert "  Status: EVAL MODE\n" in text
    assert "Encryption-3DES-AES               : Disabled" in connect(fleet["fw-1"]).enable().run(
        "show version"
    )


def test_a_restart_in_contact_keeps_the_licence(serve: Serve) -> None:
    fleet = serve()

    fleet["fw-1"].restart()

    assert fleet["fw-1"].license_state() == ("REGISTERED", "AUTHORIZED")


def test_register_brings_a_lost_device_back(serve: Serve, connect: Connect) -> None:
    fleet = serve({"license": {"state": "unregistered"}}, clock=CLOCK)
    client = connect(fleet["fw-1"]).enable()

    client.run("license smart register idtoken MADEUPTOKEN force")
    fleet.advance(10)

    assert fleet["fw-1"].license_state() == ("REGISTERED", "AUTHORIZED")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("real", "    Address: p.example.net\n    Port: 80\n"),
        ("not-supported", "    Not Supported\n"),
        ("not-configured", "    Not Configured\n"),
    ],
)
def test_the_proxy_in_status_is_what_the_quirk_says(
    serve: Serve, connect: Connect, shown: str, expected: str
) -> None:
    spec = {
        "license_config": {"proxy": {"host": "p.example.net", "port": 80}},
        "quirks": {"status_proxy": shown},
    }
    client = connect(serve(spec)["fw-1"]).enable()

    assert f"  Proxy:\n{expected}" in status(client)
    assert " transport proxy p.example.net port 80\n" in client.run("show running-config license")


@pytest.mark.parametrize(("version", "default"), [("9.22(1)1", "smart"), ("9.20(4)22", "callhome")])
def test_the_default_transport_is_hidden_unless_asked_for(
    serve: Serve, connect: Connect, version: str, default: str
) -> None:
    fleet = serve({"version": version}, {"version": version, "quirks": {"show_default_transport": True}})
    hidden, shown = connect(fleet["fw-1"]).enable(), connect(fleet["fw-2"]).enable()

    assert "transport" not in hidden.run("show running-config license")
    assert f" transport type {default}\n" in hidden.run("show running-config all license")
    assert f" transport type {default}\n" in shown.run("show running-config license")


@pytest.mark.parametrize(
    ("spec", "in_version", "status_exists"),
    [
        ({"model": "ASA5516", "version": "9.16(4)67"}, "Running Permanent Activation Key: 0x", False),
        ({"license": {"mode": "payg"}}, "License mode: AWS Licensing\nLicense state: LICENSED\n", False),
        ({"license": {"mode": "reserved"}}, "License reservation: Enabled\n", True),
        ({"model": "FPR4K-SM-44S"}, "Hardware:   FPR4K-SM-44S, ", True),
        ({"model": "FPR-1010"}, "Hardware:   FPR-1010, ", True),
    ],
)
def test_platforms_say_how_they_are_licensed(
    serve: Serve, connect: Connect, spec: dict[str, object], in_version: str, status_exists: bool
) -> None:
    client = connect(serve(spec)["fw-1"]).enable()

    assert in_version in client.run("show version")
    assert ("Invalid input" not in status(client)) is status_exists


def test_fxos_prints_its_own_form(serve: Serve, connect: Connect) -> None:
    client = connect(serve({"model": "FPR9K-SM-24"})["fw-1"]).enable()

    text = client.run("show license all")

    assert "Smart licensing enabled: Yes\n" in text
    assert "Overall licensed status: Authorized (3)\n" in text
    assert "Registration:" not in text
    assert "Transport:" not in text


def test_an_evaluation_counts_down(serve: Serve, connect: Connect) -> None:
    spec = {"license": {"state": "eval", "eval_remaining": "89d2h"}}
    fleet = serve(spec, clock=CLOCK)
    client = connect(fleet["fw-1"]).enable()

    fleet.advance(3600)
    text = client.run("show license all")
    fleet.advance(100 * DAY)

    assert "  Evaluation Period Remaining: 89 days, 0 hours, 59 minutes, " in text
    assert "(ASAv-STD-1G):\n  Description: \n" in text
    assert "Export-Controlled Functionality: NOT ALLOWED\n" in text
    assert fleet["fw-1"].license_state() == ("UNREGISTERED", "EVAL EXPIRED")


@pytest.mark.parametrize(("reach", "marks"), [("open", "!!!!!"), ("silent", "?????"), ("refused", "RRRRR")])
def test_ping_tcp_shows_what_the_firewall_reaches(
    serve: Serve, connect: Connect, reach: str, marks: str
) -> None:
    client = connect(serve({"reachable": {"smart": reach}})["fw-1"]).enable()

    assert f"\n{marks}\n" in client.run("ping tcp smartreceiver.cisco.com 443")
    assert "Invalid Hostname" in client.run("ping tcp nowhere.example.org 443")


def test_a_device_clock_may_be_wrong_and_in_a_zone(serve: Serve, connect: Connect) -> None:
    spec = {"clock": {"zone": "CEST", "offset_minutes": 120, "skew_s": 3600}}
    client = connect(serve(spec, clock=CLOCK)["fw-1"]).enable()

    assert client.run("show clock").startswith("16:00:")
    assert client.run("show clock").endswith(" CEST Mon Jan 12 2026\n")
    assert client.run("show running-config clock") == "clock timezone CEST 2\n"
