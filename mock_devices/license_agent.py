"""Live the life of a Smart Agent: contact attempts, deadlines, expiry, restart.

The agent never sleeps: `catch_up` works out what has happened since it was last
looked at, in order, so virtual time may jump by years at no cost.

Source: ntc-templates and Cisco TAC document 225967 (timers, measured in their outputs; states).
The state after a registration expired is shown by neither: unproven.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mock_devices.clock import parse_moment
from mock_devices.record import Contact, Route
from mock_devices.scenario import LicenseSpec

# Measured in recorded outputs.
ID_RENEWAL = timedelta(days=180)
ID_LIFETIME = timedelta(days=365)
AUTH_RENEWAL = timedelta(days=30)
AUTH_LIFETIME = timedelta(days=90)
FIRST_RETRY = timedelta(seconds=30)
LATER_RETRY = timedelta(hours=1)
# TAC document 225967: a restart after a year without contact ends in evaluation mode.
LOST_AFTER = timedelta(days=365)

Registration = Literal["REGISTERED", "UNREGISTERED", "REGISTERING", "EXPIRED"]
Authorization = Literal[
    "AUTHORIZED",
    "OUT OF COMPLIANCE",
    "AUTH EXPIRED",
    "EVAL MODE",
    "EVAL EXPIRED",
    "NO LICENSES",
]


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One contact attempt."""

    at: datetime
    succeeded: bool


@dataclass(slots=True, kw_only=True)
class Flight:
    """A contact that has set out and whose result has not come; ``lands`` None: when somebody says."""

    started: datetime
    route: Route
    lands: datetime | None = None


@dataclass(slots=True, kw_only=True)
class AgentState:
    """Everything that `show license` prints about registration and authorization."""

    registration: Registration
    authorization: Authorization
    status_at: datetime
    registered_at: datetime
    expires: datetime
    renewal: Attempt | None
    next_renewal: datetime
    last: Attempt | None
    last_success: datetime
    next_contact: datetime
    deadline: datetime
    eval_left: timedelta
    export_allowed: bool
    in_compliance: bool
    licenses_in_use: bool


def initial_state(spec: LicenseSpec, now: datetime) -> AgentState:
    """Return the state that a scenario describes, as of ``now``."""
    success = parse_moment(spec.last_contact, now)
    failing = spec.contact == "failed" or (spec.contact is None and spec.state == "auth-expired")
    if spec.state == "auth-expired" and success > now - AUTH_LIFETIME:
        success = now - AUTH_LIFETIME - timedelta(days=20)
    deadline = parse_moment(spec.deadline, now) if spec.deadline else success + AUTH_LIFETIME
    tried = parse_moment(spec.last_attempt, now) if spec.last_attempt else now - timedelta(minutes=20)
    registered = parse_moment(spec.registered, now)
    expires = (
        parse_moment(spec.registration_expires, now)
        if spec.registration_expires
        else registered + ID_LIFETIME
    )
    lost = spec.state in {"eval", "eval-expired", "unregistered", "registering"}
    words: dict[str, Authorization] = {
        "out-of-compliance": "OUT OF COMPLIANCE",
        "auth-expired": "AUTH EXPIRED",
        "eval-expired": "EVAL EXPIRED",
        "no-licenses": "NO LICENSES",
        "authorized": "AUTHORIZED",
    }
    state = AgentState(
        registration="REGISTERED",
        authorization=words.get(spec.state, "EVAL MODE"),
        status_at=success if not failing or spec.state != "auth-expired" else tried,
        registered_at=registered,
        expires=expires,
        renewal=None,
        next_renewal=registered + ID_RENEWAL,
        last=Attempt(at=tried, succeeded=False) if failing else Attempt(at=success, succeeded=True),
        last_success=success,
        next_contact=(max(tried, now - LATER_RETRY) + LATER_RETRY) if failing else success + AUTH_RENEWAL,
        deadline=deadline,
        eval_left=now - parse_moment("-" + spec.eval_remaining, now),
        export_allowed=not lost,
        in_compliance=spec.state != "out-of-compliance",
        licenses_in_use=spec.state != "no-licenses",
    )
    if spec.state == "registering":
        state.registration = "REGISTERING"
        state.last = Attempt(at=tried, succeeded=False)
        state.next_contact = tried + LATER_RETRY
    elif lost:
        state.registration = "UNREGISTERED"
        state.last = None
    elif state.next_renewal <= now and not failing:
        _renewed(state, max(state.next_renewal, success))
    return state


def _renewed(state: AgentState, at: datetime) -> None:
    state.renewal = Attempt(at=at, succeeded=True)
    state.next_renewal = at + ID_RENEWAL
    state.expires = at + ID_LIFETIME


class Agent:
    """One device's licence agent.  ``route`` tells the way that the configuration chooses now."""

    def __init__(self, state: AgentState, now: datetime, route: Callable[[], Route]) -> None:
        self.state = state
        self.contacts: list[Contact] = []
        self._seen = now
        self._route = route
        self._flights: list[Flight] = []

    def catch_up(self, now: datetime) -> None:
        """Let everything that is due by ``now`` happen, in order."""
        due = [one for one in self._flights if one.lands is not None and one.lands <= now]
        for flight in sorted(due, key=lambda one: one.lands or now):
            self._live_until(flight.lands or now)
            self._land(flight, flight.lands or now)
        self._live_until(now)

    def _live_until(self, now: datetime) -> None:
        if now <= self._seen:
            return
        state, reachable = self.state, self._route().is_open
        if state.registration == "REGISTERED":
            self._live(now, reachable)
        elif state.registration == "REGISTERING" and state.next_contact <= now:
            if reachable:
                self._register(state.next_contact)
                self._live(now, reachable)
            else:
                self._fail_until(now)
        if state.authorization == "EVAL MODE" and state.licenses_in_use:
            state.eval_left = max(timedelta(0), state.eval_left - (now - self._seen))
            if not state.eval_left:
                state.authorization, state.status_at = "EVAL EXPIRED", now
        self._seen = now

    def _live(self, now: datetime, reachable: bool) -> None:
        state = self.state
        while reachable and min(state.next_contact, state.next_renewal) <= now:
            if state.next_contact <= state.next_renewal:
                self._expire(state.next_contact)
                self._succeed(state.next_contact)
            else:
                _renewed(state, state.next_renewal)
        if not reachable:
            if state.next_contact <= now:
                self._fail_until(now)
            if state.next_renewal <= now:
                steps = max(0, (now - state.next_renewal - FIRST_RETRY) // LATER_RETRY)
                last = state.next_renewal + steps * LATER_RETRY
                state.renewal = Attempt(at=last, succeeded=False)
                state.next_renewal = max(last + FIRST_RETRY, now + FIRST_RETRY)
        self._expire(now)

    def _fail_until(self, now: datetime) -> None:
        """Record the last of the failed attempts up to ``now``: one after 30 s, then hourly (TAC 225967)."""
        state, first = self.state, self.state.next_contact
        was_failing = state.last is not None and not state.last.succeeded
        if not was_failing and now - first < FIRST_RETRY:
            at, step = first, FIRST_RETRY
        else:
            base = first if was_failing else first + FIRST_RETRY
            at, step = base + ((now - base) // LATER_RETRY) * LATER_RETRY, LATER_RETRY
        state.last = Attempt(at=at, succeeded=False)
        state.next_contact = at + step
        self.contacts.append(Contact(started=at, at=at, succeeded=False, route=self._route()))

    def _succeed(self, at: datetime, flight: Flight | None = None) -> None:
        state = self.state
        route, started = (self._route(), at) if flight is None else (flight.route, flight.started)
        self.contacts.append(Contact(started=started, at=at, succeeded=True, route=route))
        state.last = Attempt(at=at, succeeded=True)
        state.last_success = state.status_at = at
        state.next_contact = at + AUTH_RENEWAL
        state.deadline = at + AUTH_LIFETIME
        if not state.licenses_in_use:
            state.authorization = "NO LICENSES"
        else:
            state.authorization = "AUTHORIZED" if state.in_compliance else "OUT OF COMPLIANCE"

    def _expire(self, now: datetime) -> None:
        state = self.state
        usable = state.authorization in {"AUTHORIZED", "OUT OF COMPLIANCE"}
        if usable and state.deadline <= now:
            state.authorization = "AUTH EXPIRED"
            state.status_at = state.deadline
        if state.authorization == "AUTH EXPIRED" and state.last and state.last.at >= state.deadline:
            state.status_at = state.last.at
        if state.registration == "REGISTERED" and state.expires <= now:
            state.registration = "EXPIRED"
            state.authorization = "EVAL MODE"
            state.export_allowed = False

    def _register(self, at: datetime) -> None:
        state = self.state
        state.registration, state.export_allowed = "REGISTERED", True
        state.registered_at, state.expires = at, at + ID_LIFETIME
        state.renewal, state.next_renewal = None, at + ID_RENEWAL
        self._succeed(at)

    # What the command line and the API ask for.

    def contact_soon(self, now: datetime, delay_s: float) -> None:
        """Schedule an attempt: a transport or proxy change, or `license smart renew auth`."""
        self.catch_up(now)
        if self.state.registration in {"REGISTERED", "REGISTERING"}:
            self.state.next_contact = now + timedelta(seconds=delay_s)

    def set_out(self, now: datetime, takes_s: float | None) -> Flight:
        """Start a contact the way that is chosen now; the configuration may change before its result."""
        self.catch_up(now)
        lands = None if takes_s is None else now + timedelta(seconds=takes_s)
        flight = Flight(started=now, route=self._route(), lands=lands)
        self._flights.append(flight)
        return flight

    def land(self, flight: Flight, now: datetime) -> None:
        """Let the result of a contact come now, unless it has come."""
        self.catch_up(now)
        self._land(flight, now)

    def _land(self, flight: Flight, at: datetime) -> None:
        if flight not in self._flights:
            return
        self._flights.remove(flight)
        if flight.route.is_open:
            self._succeed(at, flight)
        else:
            self.state.last = Attempt(at=at, succeeded=False)
            self.contacts.append(Contact(started=flight.started, at=at, succeeded=False, route=flight.route))

    def clock_set(self, ahead_s: float) -> None:
        """Keep what is awaited as far away as it was: its timers do not follow the clock (unproven)."""
        ahead = timedelta(seconds=ahead_s)
        self._seen += ahead
        self.state.next_contact += ahead
        for flight in self._flights:
            flight.lands = None if flight.lands is None else flight.lands + ahead

    def renew_id_soon(self, now: datetime, delay_s: float) -> None:
        """Schedule an identity renewal: `license smart renew id`."""
        self.catch_up(now)
        self.state.next_renewal = now + timedelta(seconds=delay_s)

    def register_soon(self, now: datetime, delay_s: float) -> None:
        """Start a registration: `license smart register idtoken`."""
        self.catch_up(now)
        self.state.registration = "REGISTERING"
        self.state.last = None
        self.state.next_contact = now + timedelta(seconds=delay_s)

    def restart(self, now: datetime) -> None:
        """Apply what a reload does: after a year without contact the licence is lost (TAC 225967)."""
        self.catch_up(now)
        state = self.state
        if state.registration == "EXPIRED" or (
            state.registration == "REGISTERED" and now - state.last_success > LOST_AFTER
        ):
            state.registration, state.authorization = "REGISTERING", "EVAL MODE"
            state.export_allowed = False
            state.last = Attempt(at=now, succeeded=False)
            state.next_contact = now + LATER_RETRY
            state.renewal = None
