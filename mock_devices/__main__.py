"""Serve a mock fleet until interrupted: `python -m mock_devices`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import warnings
from pathlib import Path

from mock_devices.capture import load_capture
from mock_devices.fleet import MockFleet, PortInUse
from mock_devices.generate import generated
from mock_devices.loading import ScenarioError, load_scenario
from mock_devices.scenario import Scenario

# Out of the way of real services, and the same at every start, for the example inventory.
BASE_PORT = 22001


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 after a clean stop, 2 for anything the caller can mend."""
    options = _parser().parse_args(arguments)
    try:
        scenario = _scenario(options)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    # A client that hangs up first is no news here; asyncio would warn of each unsent farewell.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    # Nor is it that a device which offers only a Diffie-Hellman group is behind the times.
    warnings.filterwarnings("ignore", module=r"asyncssh\.crypto\.dh")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with MockFleet(scenario, base_port=options.base_port, speed=options.speed) as fleet:
            _announce(fleet, Path(options.directory))
            stop.wait()
    except PortInUse as error:
        print(f"{error}; choose another with --base-port, or 0 for any", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{options.directory}: cannot write the inventory: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mock_devices", description="Serve mock ASA firewalls on loopback."
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--scenario", default="demo", help="a scenario file, or `demo` (the default)")
    what.add_argument("--from-capture", metavar="FILE", help="a capture: answer as its firewalls did")
    what.add_argument("--count", type=int, help="make up a varied fleet of this many devices")
    parser.add_argument("--seed", type=int, default=1, help="another fleet of the same size (with --count)")
    parser.add_argument("--directory", default=".mock", help="where to write the inventory (default .mock)")
    parser.add_argument("--base-port", type=int, default=BASE_PORT, help="the first port; 0: any free ones")
    parser.add_argument("--speed", type=float, help="virtual seconds per second")
    return parser


def _scenario(options: argparse.Namespace) -> Scenario:
    if options.speed is not None and options.speed <= 0:
        raise ScenarioError(f"--speed {options.speed}: expected a number above 0")
    if options.from_capture is not None:
        scenario = load_capture(options.from_capture)
    elif options.count is None:
        scenario = load_scenario(options.scenario)
    elif options.count >= 1:
        scenario = generated(options.count, seed=options.seed)
    else:
        raise ScenarioError(f"--count {options.count}: expected a number of devices, 1 or more")
    last = options.base_port + len(scenario.devices) - 1
    if options.base_port < 0 or last > 65535:
        raise ScenarioError(
            f"--base-port {options.base_port}: ports up to {last} would be needed, 65535 is the last"
        )
    return scenario


def _announce(fleet: MockFleet, directory: Path) -> None:
    files = fleet.write(directory)
    first = next((one for one in fleet.devices.values() if not one.spec.faults), fleet[fleet.names[0]])
    login = first.spec.login
    print(f"inventory:   {files.inventory}")
    print(f"known_hosts: {files.known_hosts}")
    print(f"log in to {first.name} as {login.username}, password {login.password},")
    print(f"enable password {login.enable_password}:")
    print(f"  ssh -p {first.port} -o UserKnownHostsFile={files.known_hosts} {login.username}@{first.host}")
    print(f"ready: {len(fleet.names)} devices", flush=True)


if __name__ == "__main__":
    sys.exit(main())
