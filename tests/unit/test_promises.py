"""docs/faq.md and docs/security.md promise nothing that no test holds.

Each paragraph, point and row of the two pages is named below by its first words, with the tests
that would fail if it were not true; `SAID` are those that promise nothing.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from asa_transport.asa.commands import ASK_LATER, CHANGE_FRAME, CHECKSUM, LAST_CHANGE, READS
from asa_transport.edges.ssh.algorithms import algorithms
from asa_transport.flows import audit as auditing
from asa_transport.model import Policy, SshPolicy
from tests.pages import DOCS, blocks
from tests.support import ROOT

SAID = ("-",)
FAQ: dict[str, tuple[str, ...]] = {
    "An audit does not: it": (
        "test_no_running_configuration_changed",
        "test_no_session_but_a_push_can_write",
    ),
    "For an audit (TACACS+ command": ("test_the_questions_list_every_command_that_is_typed_on_a_firewall",),
    "Some are asked only where": ("test_the_lists_of_the_questions_are_the_closed_ones",),
    "A push with --commit adds:": ("test_the_lists_of_the_questions_are_the_closed_ones",),
    "A command that is refused": (
        "test_a_standby_unit_that_may_not_show_its_role_is_not_compliant_in_silence",
    ),
    "Something that the decision needs": ("test_a_row_of_the_decision_table_is_what_the_program_decides",),
    "Because the inventory expects smart.": (
        "test_a_device_reverted_under_an_exception_is_left_alone_until_it_ends",
    ),
    "A device that is on": ("test_a_row_of_the_decision_table_is_what_the_program_decides",),
    "The firewall's: it counts its": (
        "test_days_count_from_the_devices_own_clock",
        "test_days_count_from_now_where_the_clock_was_not_read",
    ),
    "Put both units of a": (
        "test_a_pair_is_changed_on_its_active_unit_alone",
        "test_only_the_control_unit_is_planned_and_pushed_and_the_others_follow",
    ),
    "Licensing is in the system": (
        "test_the_multiple_context_device_is_left_in_the_context_it_was_found_in",
    ),
    "The chassis (FXOS) is licensed,": ("test_each_firewall_of_the_demo_is_judged_as_its_situation_asks",),
    "Not applicable: its licences are": (
        "test_nothing_but_its_version_is_asked_of_threat_defense",
        "test_threat_defense_is_known_in_every_saved_shape",
    ),
    "Syslog lines, licence warnings, the": (
        "test_a_firewall_that_talks_is_judged_like_one_that_is_silent",
        "test_what_was_passed_over_is_counted",
        "test_the_error_quotes_the_line_that_disturbed_and_does_not_wait_for_the_limit",
        "test_a_change_of_role_is_an_objection_at_every_line",
    ),
    "Say expect: {transport: onprem}. A": (
        "test_an_on_prem_address_that_an_upgrade_left_in_call_home_is_told",
        "test_an_on_prem_device_is_told_of_its_own_server_only",
    ),
    "With a waiver, in waivers.yaml": ("test_a_waiver_covers_the_devices_that_its_pattern_names",),
    "asa-transport waivers add group:lab --bug": (
        "test_every_format_shows_a_waived_finding_as_waived",
        "test_waived_findings_fail_no_run_and_an_ended_waiver_counts_again",
        "test_what_must_be_acted_upon_is_never_waived",
    ),
    "By default: curve25519-sha256, ecdh-sha2-nistp256, -384": (
        "test_the_key_exchanges_of_the_page_are_the_offered_ones",
    ),
    "A firewall that offers none": ("test_each_disagreement_has_its_cure",),
    "So a firewall that has": ("test_the_cheapest_exchange_that_is_offered_is_taken",),
    "Below the report stands a": (
        "test_the_census_counts_every_device_by_release_model_and_algorithms",
        "test_the_oldest_and_weakest_come_first",
        "test_every_device_is_in_one_row",
        "test_what_a_device_offers_is_told_where_no_session_came_about",
    ),
    "ssh says what is offered:": (
        "test_the_most_specific_word_on_ssh_algorithms_wins",
        "test_the_most_specific_word_decides_what_is_offered",
        "test_show_says_who_decided_what_ssh_offers",
    ),
    "strict as by default, but": ("test_each_policy_takes_what_it_says",),
    "default what stands above": ("test_each_policy_takes_what_it_says",),
    "legacy also CBC ciphers, diffie-hellman-group1-sha1": (
        "test_each_policy_takes_what_it_says",
        "test_what_a_policy_offers_beside_the_others_is_what_the_page_says",
    ),
    "Better algorithms are asked for": (
        "test_the_cheapest_exchange_that_is_offered_is_taken",
        "test_the_most_specific_word_decides_what_is_offered",
        "test_a_short_rsa_key_gets_no_password",
    ),
    "Because a directory locks an": (
        "test_one_wrong_secret_is_offered_to_two_devices_and_no_more",
        "test_the_policy_says_how_many_devices_may_reject_a_password",
    ),
    "Because it was changed, or": (
        "test_a_password_whose_source_did_not_change_is_sent_to_nobody_else",
        "test_a_source_that_has_no_other_is_named",
    ),
    "jump: bastion-emea for a device": (
        "test_all_devices_behind_a_jump_host_share_one_connection_that_ends_with_the_run",
        "test_a_device_behind_a_jump_host_is_audited_as_any_other",
        "test_no_more_devices_of_a_jump_host_are_visited_at_once_than_its_cap",
    ),
    "Such firewalls wait beside each": ("test_silence_between_faults_is_counted_by_itself",),
    "it logs in, and then": ("test_one_silent_device_is_waited_for_some_seconds_by_default",),
    "it refuses or resets the": ("test_silence_between_faults_is_counted_by_itself",),
    "it takes the connection and": ("test_one_silent_device_is_waited_for_some_seconds_by_default",),
    "nobody answers the dialling (down,": ("test_one_silent_device_is_waited_for_some_seconds_by_default",),
    "From ~/.ssh/config and the system's": (
        "test_a_host_of_the_configuration_is_read_as_ssh_reads_it",
        "test_what_is_not_read_is_named_once_with_its_file_and_line",
        "test_a_jump_host_that_refuses_the_user_is_said_once_and_asked_once",
    ),
    "That a firewall was not": (
        "test_devices_whose_jump_host_was_lost_say_so_and_the_others_go_through_a_new_connection",
        "test_a_device_that_the_jump_host_does_not_reach_is_the_devices_fault",
    ),
    "One a device at a": ("test_the_numbers_of_sessions_on_the_page_are_those_of_the_code",),
    "Because until one firewall has": (
        "test_before_the_first_proof_one_setback_stops_the_run",
        "test_until_the_first_proof_one_device_is_in_work_and_then_as_many_as_there_are_workers",
    ),
    "The firewall keeps what it": ("test_killed_at_any_record_and_resumed",),
    "Different devices, yes. One plan": (
        "test_of_two_pushes_started_together_one_works_and_one_refuses",
        "test_a_plan_is_used_once_for_each_device",
        "test_of_two_machines_one_pushes_and_the_other_is_told_who",
    ),
    "In ~/.local/state/asa-transport, or where --state-dir": (
        "test_old_runs_are_removed_with_their_folders_but_never_the_newest_whole_one",
        "test_nothing_but_a_runs_folder_is_removed",
    ),
    "Yes, on a PostgreSQL server:": (
        "test_a_fleet_s_history_may_be_on_a_postgresql_server",
        "test_a_plan_is_used_by_one_machine",
    ),
    "In inventory.example.yaml at the top": (
        "test_the_example_inventory_names_the_ports_of_the_mock_fleet",
        "test_the_example_comments_every_key",
    ),
}
SECURITY: dict[str, tuple[str, ...]] = {
    "What this program can do": SAID,
    "These lines, and nothing else:": ("test_the_security_page_has_the_whole_list_and_no_more",),
    "enable and the enable password,": ("test_secrets_are_typed_only_where_a_password_was_asked",),
    "changeto system and changeto context": ("test_nothing_passes_but_the_list_a_context_and_a_probe",),
    "show checksum, show clock, show": ("test_the_security_page_has_the_whole_list_and_no_more",),
    "show startup-config include ^: Written^license": (
        "test_the_security_page_has_the_whole_list_and_no_more",
    ),
    "with --probe, and in a": ("test_nothing_passes_but_the_list_a_context_and_a_probe",),
    "One function decides whether a": (
        "test_a_line_that_no_audit_sends_may_not_be_sent",
        "test_what_needs_no_firewall_contacts_nothing",
    ),
    "A test audits a whole": ("test_nothing_outside_the_allow_list_was_typed_on_any_device",),
    "Another session. Only push --commit": (
        "test_no_session_but_a_push_can_write",
        "test_nothing_else_may_be_permitted_whoever_asks",
        "test_the_question_is_answered_later",
    ),
    "Guards. Each device is read": ("test_what_has_moved_since_the_plan_is_refused_and_others_go_on",),
    "A digest. A plan that": (
        "test_a_plan_with_an_edited_field_is_refused_as_altered",
        "test_a_plan_is_used_once",
        "test_rules_that_are_missing_or_others_are_no_permission",
    ),
    "An identity. The plan names": ("test_another_box_that_answers_after_a_loss_is_not_written_to",),
    "Approvals. The policy may demand": ("test_a_push_waits_for_as_many_other_people_as_the_policy_demands",),
    "Jump hosts are held to": (
        "test_a_jump_host_whose_key_is_not_the_known_one_gets_nobodys_login",
        "test_the_key_of_a_jump_host_is_looked_up_as_ssh_looks_it_up",
        "test_a_configuration_that_cannot_be_used_is_said_before_anything_is_contacted",
        "test_a_jump_host_that_asks_for_a_password_is_given_none",
        "test_a_jump_host_is_believed_by_its_certificate",
        "test_a_certificate_is_believed_as_openssh_believes_it",
    ),
    "Locks. One push for a": (
        "test_of_many_threads_one_has_the_lock",
        "test_another_process_has_the_lock_until_it_is_killed",
        "test_of_two_machines_one_pushes_and_the_other_is_told_who",
        "test_a_lock_ends_with_a_process_that_is_killed",
        "test_a_lock_that_is_lost_and_had_again_costs_a_new_look",
        "test_a_lock_that_another_machine_has_since_is_the_end_of_it",
    ),
    "No side door. resume checks": (
        "test_a_plan_that_was_put_in_the_runs_place_is_not_carried_out",
        "test_a_run_is_in_the_state_directory_and_nowhere_else",
    ),
    "A journal. Each line is": (
        "test_every_line_is_announced_then_sent_then_judged",
        "test_any_moved_removed_or_doubled_line_is_found",
        "test_the_journal_is_signed_by_the_key_that_is_given",
    ),
    "Proof. Nothing is saved before": ("test_nothing_is_saved_that_was_not_verified",),
    "They are strict. A key": (
        "test_a_revoked_key_gets_no_password_although_another_line_admits_it",
        "test_a_key_that_was_revoked_after_the_plan_gets_no_password",
        "test_resume_gives_no_password_to_a_revoked_key",
        "test_a_key_is_revoked_whatever_else_the_file_says",
        "test_scan_add_never_touches_a_changed_or_revoked_key",
        "test_a_key_is_revoked_by_a_hidden_name_with_another_port",
        "test_a_list_of_fingerprints_enrols_what_it_has_and_nothing_else",
        "test_rotate_names_its_devices_and_has_no_yes",
        "test_a_unit_that_was_replaced_has_its_key_replaced_and_nobody_else",
        "test_the_dns_is_not_asked_for_keys",
    ),
    "{env: NAME} other processes of": ("test_a_variable_gives_the_secret",),
    "{file: PATH} must belong to": (
        "test_a_file_that_others_may_use_is_refused",
        "test_a_file_of_another_user_is_refused",
    ),
    "{command: [pass, show, asa]} runs": (
        "test_the_first_line_of_a_command_is_the_secret",
        "test_a_command_is_never_given_to_a_shell",
    ),
    "{vault: {path: P, field: F}}": (
        "test_both_passwords_are_read_by_one_request",
        "test_the_first_version_of_the_engine_is_read_too",
    ),
    "Which Vault there is, the": (
        "test_an_inventory_says_where_vault_is_and_how_it_is_logged_in_to",
        "test_a_server_is_trusted_by_its_authority_and_by_nothing_else",
        "test_a_server_that_is_not_well_is_asked_once_and_nobody_is_followed",
        "test_a_mistake_in_the_section_shows_nothing_of_it",
        "test_the_token_of_our_own_login_is_revoked_and_no_other",
        "test_a_token_that_may_not_be_revoked_is_told_and_fails_nothing",
    ),
    "A command, a keyring and": (
        "test_a_server_that_does_not_answer_is_left_within_the_whole_limit",
        "test_an_agent_that_is_gone_and_one_that_hangs_are_told_apart",
        "test_all_commands_have_a_limit_together",
        "test_a_keyring_that_waits_for_nobody_is_given_up",
        "test_a_person_who_ends_the_program_does_not_wait_for_a_command",
    ),
    "{keyring: {service: S, username: U}}": ("test_a_keyring_gives_the_secret",),
    "{systemd: NAME} LoadCredential= of a": ("test_a_systemd_credential_gives_the_secret",),
    "In the place of password": ("test_a_key_logs_in_and_enable_has_its_own_password",),
    "{file: PATH} a private key,": ("test_a_key_that_others_may_use_is_refused_before_anybody_is_contacted",),
    "{systemd: NAME} the same by": ("test_a_key_of_systemd_is_guarded_by_systemd",),
    "passphrase: beside either, from any": ("test_a_passphrase_opens_a_key_whatever_its_source",),
    "{agent: true, file: PUBLIC}, {agent:": (
        "test_of_an_agent_only_the_named_key_is_shown",
        "test_the_agent_is_asked_for_the_key_that_is_named",
    ),
    "certificate: a file, in the": ("test_a_certificate_beside_the_key_is_taken_and_none_is_not",),
    "One login shows one key,": (
        "test_a_rejected_key_is_told_apart_and_shown_once",
        "test_a_rejected_key_is_tried_on_few_devices_only",
        "test_a_certificate_that_does_not_count_today_is_refused_before_anybody_is_contacted",
        "test_the_key_of_a_credential_logs_in_to_a_jump_host",
        "test_no_secret_is_anywhere_and_nothing_but_reading_was_done",
    ),
    "{prompt: true} asked once, at": ("test_a_person_is_asked_once_for_each_credential_and_kind",),
    "A password that stands in": (
        "test_a_mistake_in_a_credential_never_shows_its_text",
        "test_nothing_is_typed_into_another_question_than_the_expected_one",
    ),
    "A password that was rejected": (
        "test_a_rejected_password_is_sent_once",
        "test_one_wrong_secret_is_offered_to_two_devices_and_no_more",
        "test_the_enable_password_is_counted_apart_from_the_login_password",
        "test_a_push_offers_a_wrong_secret_to_two_devices_and_no_more",
        "test_a_silent_server_is_no_rejection",
    ),
    "Where a password, a key": (
        "test_few_rejections_in_a_row_put_a_proven_secret_in_doubt",
        "test_a_password_whose_source_changed_with_it_is_taken_after_one_device_has_proven_it",
        "test_a_password_whose_source_did_not_change_is_sent_to_nobody_else",
        "test_an_enable_password_is_found_out_by_itself",
        "test_a_key_is_read_anew_as_a_password_is",
        "test_a_site_with_another_account_keeps_no_other_from_being_audited",
        "test_a_push_goes_on_with_the_new_password_or_with_nobody",
    ),
    "What came from a firewall": (
        "test_an_enable_password_that_a_device_shows_is_nowhere",
        "test_secrets_appear_nowhere",
        "test_no_secret_is_in_anything_that_is_kept",
        "test_a_secret_is_nowhere_in_the_bundle",
    ),
    "In the state directory (~/.local/state/asa-transport,": (
        "test_the_store_and_the_answers_are_for_those_who_were_given_the_state_directory",
    ),
    "history.db runs, devices, findings": (
        "test_the_store_and_the_answers_are_for_those_who_were_given_the_state_directory",
    ),
    "runs/ID/audit.json, plan.json, push.json the documents": (
        "test_the_document_is_as_its_schema_says_and_the_run_keeps_it",
    ),
    "runs/ID/raw/, raw-after/ what each firewall": ("test_the_answers_are_kept_for_a_person_to_read",),
    "runs/ID/unsettled.json what a push left": ("test_a_damaged_index_is_made_again_from_the_journal",),
    "runs/ID/journal.jsonl, journal.jsonl.sig what a push": (
        "test_the_journal_is_signed_by_the_key_that_is_given",
    ),
    "runs/ID/approvals/ the signatures that were": (
        "test_approvals_that_are_gone_are_approvals_that_are_missing",
    ),
    "learnt.json where a release is": ("test_a_difference_is_kept_with_who_saw_it_where_and_when",),
    ".sequence, runs/ID/.sequence the number of": ("test_two_runs_of_one_second_stand_as_they_began",),
    "plans/, locks/ which plans were": (
        "test_a_plan_is_used_once_for_each_device",
        "test_locks_are_for_their_owner_alone",
    ),
    "Beside the inventory: exceptions.yaml and": (
        "test_the_plan_file_is_private_and_the_summary_is_on_stdout",
        "test_the_file_is_for_all_to_read_whatever_the_umask",
        "test_what_is_written_is_private_and_whole",
    ),
    "What a firewall prints is": SAID,
    "Not printable characters are shown": (
        "test_a_hostile_device_is_shown_as_text",
        "test_a_script_that_is_not_the_page_s_own_would_be_stopped",
        "test_a_text_that_begins_like_a_formula_gets_an_apostrophe",
        "test_hostile_words_stay_words_in_the_markdown",
    ),
    "Answers have a limit in": (
        "test_a_flood_of_unknown_lines_is_counted_and_not_all_kept",
        "test_a_device_that_freezes_ends_at_the_device_limit",
        "test_eight_times_the_text_costs_about_eight_times",
    ),
    "A value that goes into": ("test_any_text_is_a_line_of_the_set_or_forbidden",),
    "What a firewall says of": SAID,
    "State: one that anybody may": (
        "test_a_state_directory_that_anybody_may_write_is_refused",
        "test_a_run_is_in_the_state_directory_and_nowhere_else",
    ),
    "YAML is text: no tag": (
        "test_what_is_wrong_is_one_problem_with_its_place",
        "test_an_alias_bomb_is_refused_before_it_is_expanded",
        "test_a_mistake_in_a_device_is_one_problem_with_its_place",
    ),
    "A secret file that other": ("test_a_file_that_others_may_use_is_refused",),
    "Whoever can write them decides": SAID,
    "--textfsm-templates say what is read": (
        "test_a_parsing_template_has_rules_and_nothing_else",
        "test_a_parsing_template_of_ones_own_stands_in_for_ours",
    ),
    "--templates, change_.j2 choose the known": (
        "test_a_users_template_cannot_send_anything_else",
        "test_a_template_with_other_logic_is_refused_with_its_line",
        "test_a_value_that_a_template_may_not_name_is_an_error",
    ),
    "--templates, pages and tickets show": (
        "test_a_page_template_reaches_nothing_but_what_the_page_is_given",
        "test_a_page_template_may_use_the_values_and_the_templates_beside_it_and_is_escaped",
        "test_a_page_template_that_says_so_prints_a_value_as_it_is",
    ),
    "What is wrong with them": (
        "test_a_malformed_template_is_named_with_its_line",
        "test_a_mistake_in_a_page_template_is_the_users_and_not_ours",
        "test_own_templates_make_the_page_and_a_broken_one_makes_nothing",
    ),
    "In private. SECURITY.md, at the": SAID,
}
PAGES = {"faq.md": FAQ, "security.md": SECURITY}


def first_words(page: Path) -> Iterator[str]:
    """Yield the first five words of each paragraph, point and row, but of what is said not to be defended."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^<!--.*-->\n", "", text, flags=re.MULTILINE)
    text = text.partition("## What is not defended")[0]
    text = re.sub(r"^\|.*\|\n\|[-| ]+\|$", "", text, flags=re.MULTILINE)
    for part in re.split(r"\n\n|\n(?=- |\| )", text):
        words = re.sub(r"[*`|]", "", part.strip().removeprefix("- ")).split()
        if words and not part.strip().startswith("#"):
            yield " ".join(words[:5])


@cache
def all_tests() -> frozenset[str]:
    """Return the name of every test."""
    return frozenset(
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize("name", PAGES)
def test_every_promise_of_a_page_has_its_tests(name: str) -> None:
    """A page is believed; what nothing holds is true by chance."""
    assert sorted(first_words(DOCS / name)) == sorted(PAGES[name])
    named = {test for held in PAGES[name].values() if held != SAID for test in held}
    assert sorted(named - all_tests()) == []


# From the session that can write to the commands that ask for one: each name, and the modules that use it.
WRITERS = {
    "AsaConfigSession": {"edges/ssh/session.py"},
    "open_config_session": {"edges/ssh/session.py", "edges/ssh/backend.py", "flows/push_login.py"},
    "config_logins": {"flows/push_login.py", "flows/push.py"},
    "pusher": {"flows/push.py", "flows/region_pusher.py"},
    "RegionPusher": {"flows/region_pusher.py", "flows/regions.py"},
    "serve_pushes": {"edges/broker.py", "flows/regions.py", "cli/commands/worker.py"},
    "carry_out": {"flows/push.py", "flows/commit.py", "flows/resume.py"},
    "run_commit": {"flows/commit.py", "cli/commands/push.py"},
    "run_resume": {"flows/resume.py", "cli/commands/resume.py"},
}


@pytest.mark.parametrize("name", WRITERS)
def test_no_session_but_a_push_can_write(name: str) -> None:
    """An audit, a plan and a dry run hold no session that could, whatever they were told."""
    assert {path for path, names in names_used().items() if name in names} == WRITERS[name]


@functools.cache
def names_used() -> Mapping[str, frozenset[str]]:
    """Return, by file of the program, all that its nodes define, import, or take from a module."""
    package = ROOT / "asa_transport"
    return {
        str(path.relative_to(package)): frozenset().union(
            *map(names_of, ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        )
        for path in package.rglob("*.py")
    }


def names_of(node: ast.AST) -> set[str]:
    """Return what a node defines, imports, or takes from a module."""
    match node:
        case ast.Attribute():
            return {node.attr}
        case ast.ClassDef() | ast.FunctionDef():
            return {node.name}
        case ast.ImportFrom():
            module = (node.module or "").rpartition(".")[2]
            return {alias.name for alias in node.names} | {module}
    return set()


def quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text.replace("\n", " ")))


def test_the_security_page_has_the_whole_list_and_no_more() -> None:
    """It is what a person configures command authorization by."""
    text = (DOCS / "security.md").read_text(encoding="utf-8")
    points = text.partition("These lines, and nothing else:")[2].partition("\nOne function")[0]

    assert quoted(points) == READS | {"changeto context NAME", "--probe", "--commit", "ping tcp HOST PORT"}
    added = text.partition("- **Another session.**")[2].partition("- **Guards")[0]
    assert quoted(added) >= CHANGE_FRAME | {ASK_LATER}


def test_the_lists_of_the_questions_are_the_closed_ones() -> None:
    """What an audit and a push can send, whether or not the fleet of a test made them send it."""
    page = DOCS / "faq.md"
    audit, change = (set(block.lines) for block in blocks(page) if block.language == "text")
    sometimes = (
        page.read_text(encoding="utf-8").partition("Some are asked only")[2].partition("A push with")[0]
    )

    more = quoted(sometimes) - {"--probe", "ping tcp HOST PORT"}

    assert {"--probe", "ping tcp HOST PORT"} <= quoted(sometimes)
    assert audit | more == (READS - {LAST_CHANGE}) | {"changeto context NAME"}
    assert change >= CHANGE_FRAME | {LAST_CHANGE, CHECKSUM}
    assert change - CHANGE_FRAME - {LAST_CHANGE, CHECKSUM} == {
        "license smart",
        "transport type smart",
        "transport type callhome",
        "transport proxy HOST port PORT",
        "no transport proxy",
    }


def test_the_key_exchanges_of_the_page_are_the_offered_ones() -> None:
    """An operator compares them with `show ssh` of an old firewall."""
    text = (DOCS / "faq.md").read_text(encoding="utf-8").partition("By default: ")[2]
    named = quoted(text.partition("host keys")[0].replace("`-384` and `-521`", ""))

    offered = {one for one in algorithms(SshPolicy.DEFAULT).kex if "@" not in one}

    assert named | {"ecdh-sha2-nistp384", "ecdh-sha2-nistp521"} == offered


def test_what_a_policy_offers_beside_the_others_is_what_the_page_says() -> None:
    """Who reads `legacy` on a review must know what it lets in."""
    text = (DOCS / "faq.md").read_text(encoding="utf-8")
    strict, default, legacy = map(algorithms, (SshPolicy.STRICT, SshPolicy.DEFAULT, SshPolicy.LEGACY))
    row = text.partition("| `legacy` |")[2].partition("\n")[0]

    assert {*default.kex} - {*strict.kex} == {"diffie-hellman-group14-sha1"}
    assert {*default.host_keys} - {*strict.host_keys} == {"ssh-rsa"}
    assert (strict.ciphers, strict.macs) == (default.ciphers, default.macs)
    assert {*legacy.kex} - {*default.kex} == quoted(row)
    assert all(one.endswith("-cbc") for one in {*legacy.ciphers} - {*default.ciphers})
    assert all("md5" in one or one.endswith("-96") for one in {*legacy.macs} - {*default.macs})
    assert (default.least_rsa_bits, legacy.least_rsa_bits) == (2048, 1024)


def test_the_numbers_of_sessions_on_the_page_are_those_of_the_code() -> None:
    """They are what an AAA server or a bastion must bear."""
    text = " ".join((DOCS / "faq.md").read_text(encoding="utf-8").split())

    assert f"At most {auditing._WORKERS} devices" in text
    assert f"at most {Policy().max_sessions.per_jump} devices behind one jump host" in text
    assert f"{Policy().lockout_after} devices rejected this password" in text
