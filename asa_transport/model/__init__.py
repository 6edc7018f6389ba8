"""The nouns of the program: frozen values that pass between its layers.

Pure.  Nothing here does anything but hold values; each module names one kind.

A module is imported when the first of its nouns is asked for: `--version` and a TAB need three of
them, and making all these classes takes longer than either.

Source: docs/schemas/ (inventory, audit, plan, push).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

# What a type checker reads; the running program has the table.
if TYPE_CHECKING:
    from asa_transport.model.assumption import *
    from asa_transport.model.bug import *
    from asa_transport.model.campaign import *
    from asa_transport.model.capture import *
    from asa_transport.model.evidence import *
    from asa_transport.model.expectation import *
    from asa_transport.model.facts import *
    from asa_transport.model.finding import *
    from asa_transport.model.goal import *
    from asa_transport.model.history import *
    from asa_transport.model.identity import *
    from asa_transport.model.inventory import *
    from asa_transport.model.journal import *
    from asa_transport.model.judgement import *
    from asa_transport.model.ledger import *
    from asa_transport.model.limits import *
    from asa_transport.model.metric import *
    from asa_transport.model.notify import *
    from asa_transport.model.outcome import *
    from asa_transport.model.part import *
    from asa_transport.model.plan import *
    from asa_transport.model.policy import *
    from asa_transport.model.push import *
    from asa_transport.model.severity import *
    from asa_transport.model.signature import *
    from asa_transport.model.ssh import *
    from asa_transport.model.stage import *
    from asa_transport.model.states import *
    from asa_transport.model.undertaking import *
    from asa_transport.model.unsettled import *

# The nouns of each module: all that is public there, and so what those imports give.
_NOUNS: Final = {
    "assumption": "Assumption Check CheckVerdict Confidence Effect Examined Learnt",
    "bug": "Bug BugReading BugVerdict Catalogue",
    "campaign": "MAX_DEVICES ChangeWindow FailureBudget Forecast Foretold Rehearsal Weekday",
    "capture": "Capture CommandOutput",
    "evidence": "Evidence",
    "expectation": "Expectation ExpectedProxy ExpectedTransport Proxy ProxyPolicy host_identity",
    "facts": (
        "AuthorizationFacts ClusterFacts ClusterMember DeviceClock DeviceFacts Entitlement "
        "FailoverFacts LastContact RegistrationFacts TransportFacts UnknownLine UnsavedFacts "
        "UsageFacts"
    ),
    "finding": "Finding FindingValue Waived",
    "goal": "Goal",
    "history": "AUDIT_KIND PUSH_KIND RunKind RunStatus StoredRun",
    "identity": "Identity",
    "inventory": (
        "AgentKey AgentKeySpec CommandSource Credential CredentialSpec Device EnvSource FileSource "
        "HostCertificate HostKey HostKeys Inventory JumpHost KeyCertificate KeyringSource KeySpec "
        "LoginKey PrivateKey PrivateKeySpec Problem PromptSource SSH_PORT Secret SecretSource SecretUse "
        "SystemdSource VaultAppRole VaultServer VaultSource VaultToken PlainSource by_key jump_host with_ssh"
    ),
    "journal": (
        "FIRST Answered Began ContactAsked Ended Finished JournalBreak JournalEvent "
        "JournalHistory JournalRecord JournalTail LineSent Resumed Stepped Undertook"
    ),
    "judgement": "Change Decision Verdict",
    "ledger": "Exemption Waiver",
    "limits": "Limits",
    "metric": "MetricFamily Sample",
    "notify": (
        "AppriseChannel Channel Delivery EmailChannel Interest MailTls NamedValue Notice "
        "NoticeKind Summary ToldChange WebhookChannel"
    ),
    "outcome": "AuditOutcome Audited NotAudited",
    "part": "UNDIVIDED Part RunPart Shard",
    "plan": "UNIT_JOIN HeldDevice LedgerSeen Observed Plan PlannedDevice Reachability Revert",
    "policy": "DayThresholds Policy SessionCaps WavePolicy WaveSize",
    "push": (
        "AnyOutcome Applied DryRunOutcome Failed NoChange NotReached PushOutcome Refused "
        "RollbackFailed RolledBack Seen Startup Unknown Unreachable WouldPush drift is_saved "
        "verified"
    ),
    "severity": "Severity",
    "signature": "Rejected SignatureVerdict SignedBy",
    "ssh": "SSH_LINES SSH_SESSION SshFacts SshOffer SshPolicy is_leaving ssh_facts",
    "stage": "Stage",
    "states": (
        "AuthorizationState Block ClusterRole ContactResult ContextMode ExportControl "
        "FailoverState FailoverUnit LicenseMode RegistrationState StartupLicense TransportSource "
        "TransportType UnsavedState"
    ),
    "undertaking": "Baseline ConfigTrace ContactRequest Standing Step Undertaking Unsaved Verified",
    "unsettled": "Unsettled UnsettledPush",
}
_MODULE_OF: Final = {noun: module for module, nouns in _NOUNS.items() for noun in nouns.split()}

if not TYPE_CHECKING:
    __all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    """Return a noun, from its module; only the first time, it stands here from then on."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    noun = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = noun
    return noun
