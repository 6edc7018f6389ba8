"""Secrets from HashiCorp Vault, over its own protocol: what is asked, once, and what is said of refusals."""

from __future__ import annotations

import ssl
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from asa_transport.edges.secrets.credentials import resolve
from asa_transport.engine.wait_limit import WaitBudget
from asa_transport.errors import CredentialError, InventoryError
from asa_transport.files.inventory_native import load
from asa_transport.model import (
    Credential,
    CredentialSpec,
    EnvSource,
    Secret,
    VaultAppRole,
    VaultServer,
    VaultSource,
    VaultToken,
)
from tests.fleet.vault_server import ROLE_ID, SECRET_ID, TOKEN, Vault, vault_server

BY_TOKEN = VaultToken(token=EnvSource(name="V_TOKEN"))
BY_ROLE = VaultAppRole(role_id=EnvSource(name="V_ROLE"), secret_id=EnvSource(name="V_SECRET"))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"V_TOKEN": TOKEN, "V_ROLE": ROLE_ID, "V_SECRET": SECRET_ID, "V_BAD": "no"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def vault() -> Iterator[Vault]:
    with vault_server() as running:
        running.put("asa/night", {"password": "Login7", "enable": "Enable7"})
        yield running


def at(vault: Vault, auth: VaultToken | VaultAppRole = BY_TOKEN, **more: str | Path) -> VaultSource:
    server = VaultServer(address=vault.address, auth=auth, **more)  # type: ignore[arg-type]
    return VaultSource(server=server, path="asa/night", field="password")


def obtained(source: VaultSource, budget: WaitBudget | None = None) -> Credential:
    spec = CredentialSpec(name="lab", password=source, enable=replace(source, field="enable"))
    return resolve([spec], {"lab"}, ask=None, budget=budget)["lab"]


def refusal(source: VaultSource, budget: WaitBudget | None = None) -> str:
    """Return what is said of the password, after looking for secrets everywhere in the error."""
    with pytest.raises(CredentialError) as caught:
        obtained(source, budget)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    assert "SENTINEL" not in shown
    first = str(caught.value).splitlines()[0]
    return first.removeprefix(
        f"credential lab: password: vault {source.mount}/{source.path} {source.field}: "
    )


@pytest.mark.parametrize(("auth", "requests"), [(BY_TOKEN, 1), (BY_ROLE, 3)])
def test_both_passwords_are_read_by_one_request(
    auth: VaultToken | VaultAppRole, requests: int, vault: Vault
) -> None:
    """They are of one version then, also while somebody changes them."""
    found = obtained(at(vault, auth, namespace="netops"))

    assert found == Credential(password=Secret("Login7"), enable=Secret("Enable7"))
    assert len(vault.asked) == requests
    assert {namespace for _, _, namespace in vault.asked} == {"netops"}


@pytest.mark.parametrize(("auth", "is_ours"), [(BY_TOKEN, False), (BY_ROLE, True)])
def test_the_token_of_our_own_login_is_revoked_and_no_other(
    auth: VaultToken | VaultAppRole, is_ours: bool, vault: Vault
) -> None:
    """One that lies about is one more that somebody may find; a person's own is in use elsewhere."""
    obtained(at(vault, auth))

    assert vault.is_revoked is is_ours


def test_a_token_that_may_not_be_revoked_is_told_and_fails_nothing(vault: Vault) -> None:
    """A policy need not let it; it ends by itself."""
    vault.revokes = False
    spec = CredentialSpec(name="lab", password=at(vault, BY_ROLE))
    told: list[str] = []

    found = resolve([spec], {"lab"}, ask=None, note=told.append)

    assert found["lab"].password == Secret("Login7")
    assert len(told) == 1
    assert f"({vault.address}) is not revoked: Vault denied it (403)" in told[0]
    assert "SENTINEL" not in told[0]


def test_the_token_is_revoked_also_where_a_secret_is_missing(vault: Vault) -> None:
    """The run does not begin, and leaves nothing behind."""
    with pytest.raises(CredentialError):
        obtained(replace(at(vault, BY_ROLE), field="gone"))

    assert vault.is_revoked


def test_the_first_version_of_the_engine_is_read_too(vault: Vault) -> None:
    """Its paths have no `data` in them."""
    vault.put("asa/night", {"password": "Old7", "enable": "Old8"}, mount="kv", version=1)

    found = obtained(replace(at(vault), mount="kv", version=1))

    assert found == Credential(password=Secret("Old7"), enable=Secret("Old8"))


def test_a_server_is_trusted_by_its_authority_and_by_nothing_else(tmp_path: Path) -> None:
    """Whoever answers in its place would get the token."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with vault_server(context) as vault:
        vault.put("asa/night", {"password": "Login7", "enable": "Enable7"})

        assert "is not trusted; name its authority as ca_file" in refusal(at(vault))
        assert vault.asked == []
        assert obtained(at(vault, ca=tmp_path / "ca.pem")).password == Secret("Login7")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"server": BY_TOKEN.__class__(token=EnvSource(name="V_BAD"))}, "Vault denied it (403)"),
        ({"server": replace(BY_ROLE, secret_id=EnvSource(name="V_BAD"))}, "check role_id, secret_id"),
        ({"path": "asa/gone"}, "there is nothing at this path (404)"),
        ({"version": 1}, "there is nothing at this path (404)"),
        ({"field": "pw"}, "it has no field 'pw' with a text"),
    ],
)
def test_a_refusal_is_in_words_of_our_own(change: dict[str, object], said: str, vault: Vault) -> None:
    """What a server says may hold anything; what to do differs."""
    auth = change.pop("server", BY_TOKEN)
    source = at(vault, auth)  # type: ignore[arg-type]

    assert said in refusal(replace(source, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "said"), [(503, "sealed"), (307, "is not Vault"), (500, "not understood")]
)
def test_a_server_that_is_not_well_is_asked_once_and_nobody_is_followed(
    status: int, said: str, vault: Vault
) -> None:
    """A redirection would take the token elsewhere; two secrets of one path fail together."""
    vault.status = status

    assert said in refusal(at(vault))
    assert len(vault.asked) == 1


def test_a_server_that_does_not_answer_is_left_within_the_whole_limit(vault: Vault) -> None:
    """A nightly run must not hang on it."""
    vault.is_silent = True

    assert "Vault did not answer" in refusal(at(vault), WaitBudget(each_s=0.2, whole_s=9))


def test_nobody_there_is_said(vault: Vault) -> None:
    """The address is the commonest mistake."""
    source = at(vault)
    gone = replace(source, server=replace(source.server, address="https://127.0.0.1:1"))

    assert refusal(gone) == "Vault is not reached; check the address"


# --------------------------------------------------------------------------- the inventory

REST = "\ndefaults: {username: u, credential: lab, known_hosts: k}\ndevices: {fw-a: {host: 192.0.2.1}}\n"
PLACE = "credentials: {lab: {password: {vault: {path: asa/night, field: password, mount: kv, kv: 1}}}}"


def test_an_inventory_says_where_vault_is_and_how_it_is_logged_in_to(tmp_path: Path) -> None:
    """Once, for all secrets that are in it."""
    file = tmp_path / "inventory.yaml"
    section = (
        "vault: {address: 'https://v.example:8200', namespace: netops, ca_file: ca.pem, token: {env: T}}"
    )
    file.write_text(f"{PLACE}\n{section}{REST}")

    assert load(file).credentials[0].password == VaultSource(
        server=VaultServer(
            address="https://v.example:8200",
            auth=VaultToken(token=EnvSource(name="T")),
            namespace="netops",
            ca=tmp_path / "ca.pem",
        ),
        path="asa/night",
        field="password",
        mount="kv",
        version=1,
    )


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("", "there is no vault section"),
        ("vault: {token: {env: T}}", "vault: no address"),
        ("vault: {address: 'https://v'}", "expected one of token: SOURCE, approle"),
        ("vault: {address: 'http://v', token: {env: T}}", "http only to this machine"),
        ("vault: {address: 'https://u:SENTINEL@v', token: {env: T}}", "what stands here is not shown"),
        ("vault: {address: 'https://v', token: SENTINEL}", "the secret itself stands here (not shown)"),
        ("vault: {address: 'https://v', token: {vault: {path: a, field: b}}}", "in Vault itself"),
        (
            "vault: {address: 'https://v', approle: {role_id: {env: R}}}",
            "expected {role_id: SOURCE, secret_id",
        ),
    ],
)
def test_a_mistake_in_the_section_shows_nothing_of_it(section: str, said: str, tmp_path: Path) -> None:
    """A token may stand there by mistake."""
    file = tmp_path / "inventory.yaml"
    file.write_text(f"{PLACE}\n{section}{REST}")

    with pytest.raises(InventoryError) as caught:
        load(file)

    text = "\n".join(one.message for one in caught.value.problems)
    assert "SENTINEL" not in text
    assert said in text, text
