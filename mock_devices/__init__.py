"""Serve a stateful fleet of mock ASA firewalls over real SSH, on loopback only."""

from mock_devices.capture import load_capture
from mock_devices.colleague import Colleague
from mock_devices.device import MockDevice
from mock_devices.faults import Fault, FaultAction, FaultTrigger
from mock_devices.fleet import MockFleet, PortInUse
from mock_devices.inventory import FleetFiles
from mock_devices.loading import ScenarioError, load_scenario, parse_scenario
from mock_devices.record import Contact, Moment, Route
from mock_devices.scenario import DeviceSpec, Scenario
from mock_devices.transcript import TypedLine

__all__ = [
    "Colleague",
    "Contact",
    "DeviceSpec",
    "Fault",
    "FaultAction",
    "FaultTrigger",
    "FleetFiles",
    "MockDevice",
    "MockFleet",
    "Moment",
    "PortInUse",
    "Route",
    "Scenario",
    "ScenarioError",
    "TypedLine",
    "load_capture",
    "load_scenario",
    "parse_scenario",
]
