"""Approvals: two people are two people, and nobody approves for themselves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asa_transport.core.planning.approvals import (
    Approval,
    ApprovalDecision,
    Approved,
    NotApproved,
    Operator,
    decide,
    signed_text,
)
from asa_transport.edges.secrets.signatures import BEGIN, PLAN_NAMESPACE
from asa_transport.engine.wait_limit import WaitBudget
from asa_transport.errors import SignatureError
from asa_transport.flows.approvals import Signature, approved, beside
from asa_transport.model import Rejected, SignedBy
from tests.unit.signing import allowed, fingerprint, key_of, public, signed

DIGEST = "ab" * 32
KIM = Operator(names=frozenset({"kim"}), keys=frozenset({"K-kim"}))


def by(names: str, key: str) -> Approval:
    """A signature that OpenSSH accepts for all of these names."""
    found = tuple(names.split(","))
    return Approval(file=f"{key}.sig", verdict=SignedBy(principals=found, names=found, key=key))


def decided(*approvals: Approval, needed: int = 2, operator: Operator = KIM) -> ApprovalDecision:
    return decide(approvals, needed=needed, operator=operator)


def test_two_people_are_enough_where_two_are_needed() -> None:
    """Both are named in the journal."""
    assert decided(by("bob", "K2"), by("ann@example.net", "K1")) == Approved(
        principals=("ann@example.net", "bob")
    )


@pytest.mark.parametrize(
    "approvals",
    [
        (by("ann", "K1"), by("bob", "K1")),
        (by("ann", "K1"), by("ann", "K2")),
        (by("ann", "K1"), by("ANN", "K2")),
        (by("ann,bob", "K1"), by("bob", "K2")),
        (by("ann", "K1"), by("bob", "K2"), by("ann,bob", "K3")),
        (by("ann", "K1"), by("ann", "K1")),
        (by("ann", "K1"), by("ann", "K2"), by("bob", "K2")),
    ],
    ids=[
        "one key under two names",
        "two keys of one name",
        "upper and lower case",
        "a name in common",
        "a third signature that joins two",
        "one signature twice",
        "a second key of one name, under another",
    ],
)
def test_signatures_that_share_a_name_or_a_key_count_once(approvals: tuple[Approval, ...]) -> None:
    """Four eyes, not two keys."""
    for order in (approvals, approvals[::-1]):
        decision = decided(*order)

        assert isinstance(decision, NotApproved)
        assert "has 1 (" in decision.reason
        assert any("count once" in note for note in decision.notes)


PEOPLE = (("ann@example.net", "ann-laptop"), ("bob", "adm-bob"))


def test_two_keys_of_one_person_under_two_names_count_once_where_the_policy_says_so() -> None:
    """Nobody else can know: the names and the keys have nothing in common."""
    signatures = (by("Ann@example.net", "K1"), by("ann-laptop", "K2"))

    assert isinstance(decided(*signatures), Approved)
    for order in (signatures, signatures[::-1]):
        decision = decide(order, needed=2, operator=KIM, known=PEOPLE)

        assert isinstance(decision, NotApproved)
        assert "has 1 (" in decision.reason


def test_who_pushes_by_another_login_approves_nothing_where_the_policy_says_so() -> None:
    """An administrator's second account is the same pair of eyes."""
    operator = Operator(names=frozenset({"adm-bob"}))
    approvals = (by("bob", "K1"),)

    assert isinstance(decide(approvals, needed=1, operator=operator), Approved)
    assert isinstance(decide(approvals, needed=1, operator=operator, known=PEOPLE), NotApproved)


@pytest.mark.parametrize(
    "approval",
    [
        by("kim", "K9"),
        by("Kim", "K9"),
        by("kim@example.net", "K9"),
        by("k.smith,kim@example.org", "K9"),
        by("alias", "K-kim"),
        by("kim@jump@EXAMPLE.ORG", "K9"),
    ],
    ids=["name", "case", "local part", "one of several names", "key under another name", "two realms"],
)
def test_the_operators_own_approval_does_not_count(approval: Approval) -> None:
    """Who pushes cannot have approved."""
    decision = decided(approval, by("ann", "K1"))

    assert isinstance(decision, NotApproved)
    assert "has 1 (ann)" in decision.reason
    assert any("the operator's own" in note for note in decision.notes)


def test_who_shares_a_key_with_the_operator_is_the_operator() -> None:
    """A second name for one's own key is still one's own."""
    decision = decided(by("alias", "K7"), by("kim", "K7"), by("ann", "K1"))

    assert isinstance(decision, NotApproved)


def test_a_longer_name_that_begins_as_the_operators_is_somebody_else() -> None:
    """kimberly is not kim, and neither is who works at kim.example.net."""
    assert isinstance(decided(by("kimberly", "K1"), by("ann@kim", "K2")), Approved)


def test_a_key_that_is_given_to_a_pattern_counts_for_nobody() -> None:
    """`*@example.net` is not a person."""
    approval = Approval(
        file="x.sig", verdict=SignedBy(principals=("ann",), names=("ann", "*@example.net"), key="K1")
    )

    decision = decided(approval, needed=1)

    assert isinstance(decision, NotApproved)
    assert "to a pattern" in decision.notes[0]


def test_what_does_not_count_is_said_even_where_enough_others_do() -> None:
    """A stray file may be an attempt."""
    stray = Approval(file="old.sig", verdict=Rejected(reason="incorrect signature"))

    decision = decided(by("ann", "K1"), stray, needed=1)

    assert decision == Approved(principals=("ann",), notes=("old.sig: does not count: incorrect signature",))


def test_where_none_is_needed_none_is_missing() -> None:
    """Most policies demand no approvals; what is there is still recorded."""
    assert decided(needed=0) == Approved(principals=())
    assert decided(by("ann", "K1"), needed=0) == Approved(principals=("ann",))


@given(
    st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from(["K1", "K2", "K3", "K4"])), max_size=8),
    st.integers(1, 4),
)
def test_never_more_people_than_names_or_keys(pairs: list[tuple[str, str]], needed: int) -> None:
    """Whatever is combined, the number of people stays below both."""
    decision = decided(*(by(name, key) for name, key in pairs), needed=needed)

    names, keys = {name for name, _ in pairs}, {key for _, key in pairs}
    if isinstance(decision, Approved):
        assert needed <= len(decision.principals) <= min(len(names), len(keys))
        assert set(decision.principals) <= names


def test_real_signatures_are_judged(tmp_path: Path) -> None:
    """The whole way: files, OpenSSH, the decision."""
    keys = {name: key_of(tmp_path, name) for name in ("ann", "bob", "eve", "kim")}
    signers = allowed(
        tmp_path,
        f"ann@example.net {public(keys['ann'])}",
        f'bob@example.net valid-before="20200101" {public(keys["bob"])}',
        f"kim@example.net {public(keys['kim'])}",
    )
    plan = tmp_path / "plan[1].json"
    for name, key in keys.items():
        (tmp_path / f"plan[1].json.{name}.sig").write_bytes(signed(key, signed_text(DIGEST), PLAN_NAMESPACE))
    (tmp_path / "plan[1].json.junk.sig").write_text("junk")
    (tmp_path / "plan1.json.other.sig").write_text("of another plan")
    files = beside(plan)

    def judged(needed: int, digest: str = DIGEST) -> ApprovalDecision:
        return approved(digest, files, signers, needed=needed, operator=operator)

    operator = Operator(names=frozenset({"root"}), keys=frozenset({fingerprint(keys["kim"])}))

    one, two, other = judged(1), judged(2), judged(1, "cd" * 32)

    assert [Path(one.file).name.split(".")[2] for one in files] == ["ann", "bob", "eve", "junk", "kim"]
    assert isinstance(one, Approved)
    assert one.principals == ("ann@example.net",)
    assert len(one.notes) == 4
    assert isinstance(two, NotApproved)
    assert isinstance(other, NotApproved)
    assert other.reason.startswith("the plan needs 1 approval ")


def test_a_policy_that_demands_approvals_and_knows_nobody_is_not_approved(tmp_path: Path) -> None:
    """Unknown means refuse; and a file that is not there is the user's mistake."""
    operator = Operator(names=frozenset({"kim"}))
    stray = Signature(file="plan.json.ann.sig", content=SignatureError("plan.json.ann.sig: is not there"))

    nobody = approved(DIGEST, (stray,), None, needed=1, operator=operator)

    assert isinstance(nobody, NotApproved)
    assert "allowed_signers" in nobody.reason
    with pytest.raises(SignatureError, match="nothing"):
        approved(DIGEST, (), tmp_path / "nothing", needed=1, operator=operator)


def test_a_stray_signature_never_stops_a_push_that_needs_none(tmp_path: Path) -> None:
    """It is named, and that is all."""
    operator = Operator(names=frozenset({"kim"}))
    stray = Signature(file="plan.json.ann.sig", content=SignatureError("plan.json.ann.sig: is not there"))

    for signers in (None, tmp_path / "nothing", allowed(tmp_path)):
        decision = approved(DIGEST, (stray,), signers, needed=0, operator=operator)

        assert isinstance(decision, Approved)
        assert len(decision.notes) == 1


def test_openssh_has_a_limit_over_all_signatures_of_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each within its own limit, twenty signatures could hold a push for hours; unknown means refuse."""
    program = tmp_path / "ssh-keygen"
    program.write_text(f"#!{sys.executable}\nimport signal\nsignal.pause()\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    operator = Operator(names=frozenset({"kim"}))
    files = [Signature(file=f"plan.json.{name}.sig", content=BEGIN) for name in ("ann", "bob")]
    signers = allowed(tmp_path)

    def budget() -> WaitBudget:
        return WaitBudget(each_s=60.0, whole_s=0.1)

    said = (
        "plan.json.ann.sig: OpenSSH has not judged the signatures up to this one within 0.1 s; check it "
        "with 'ssh-keygen -Y check-novalidate', or leave it out"
    )
    with pytest.raises(SignatureError) as caught:
        approved(DIGEST, files, signers, needed=1, operator=operator, budget=budget())
    none_needed = approved(DIGEST, files, signers, needed=0, operator=operator, budget=budget())

    assert str(caught.value) == said
    assert none_needed == Approved(principals=(), notes=(said,))


def test_a_chain_of_signatures_is_one_person_from_end_to_end() -> None:
    """A key that two names have in common also ties what each of them shares with others."""
    chain = (by("ann", "K1"), by("ann,bob", "K2"), by("carol", "K1"))

    decision = decided(*chain)

    assert isinstance(decision, NotApproved)
    assert decision.notes == ("K1.sig, K2.sig, K1.sig: count once: they share a name or a key (ann)",)


def test_who_has_no_approval_that_counts_is_told_what_is_needed_and_how_it_is_given() -> None:
    """The command is typed as it stands there."""
    assert decided() == NotApproved(
        reason="the plan needs 2 approvals by other people, and has none that counts; ask for one: "
        "'asa-transport approve PLAN.json --key FILE'"
    )
