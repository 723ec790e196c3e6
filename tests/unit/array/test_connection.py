# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is taken for an array's address, before anything is sent there."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import (
    OPTIONS_OF,
    Connection,
    called,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError

SECRET = "s3cret-Pa55word"


def connect(**options: t.Any) -> Connection:
    given_options = {
        "host": "powerstore-dr.example.com",
        "port": 443,
        "username": "drill",
        "password": SECRET,
        "validate_certs": True,
        "ca_path": None,
        "timeout": 60,
    }
    return Connection.from_params(given_options | options)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("powerstore-dr", "https://powerstore-dr:443/api/rest"),
        ("powerstore-dr.example.com", "https://powerstore-dr.example.com:443/api/rest"),
        ("powerstore-dr.example.com.", "https://powerstore-dr.example.com.:443/api/rest"),
        ("a" * 63 + ".example.com", f"https://{'a' * 63}.example.com:443/api/rest"),
        ("Powerstore_DR1", "https://Powerstore_DR1:443/api/rest"),
        ("1array", "https://1array:443/api/rest"),
        ("192.0.2.10", "https://192.0.2.10:443/api/rest"),
        ("2001:db8::10", "https://[2001:db8::10]:443/api/rest"),
        ("[2001:db8::10]", "https://[2001:db8::10]:443/api/rest"),
        ("::1", "https://[::1]:443/api/rest"),
        ("::ffff:192.0.2.10", "https://[::ffff:192.0.2.10]:443/api/rest"),
        ("fe80::1%eth0", "https://[fe80::1%eth0]:443/api/rest"),
    ],
)
def test_names_and_addresses(host: str, url: str) -> None:
    assert connect(host=host).base_url == url


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        " powerstore-dr",
        "powerstore-dr ",
        "powerstore dr",
        "powerstore-dr\n",
        "powerstore\tdr",
        "https://powerstore-dr",
        "//powerstore-dr",
        "powerstore-dr/",
        "powerstore-dr/api/rest",
        "powerstore-dr\\x",
        "powerstore-dr?x=1",
        "powerstore-dr#x",
        "powerstore-dr:443",
        "192.0.2.10:443",
        "[2001:db8::10]:443",
        "[2001:db8::10",
        "2001:db8::10]",
        "[[2001:db8::10]]",
        "[]",
        "admin@powerstore-dr",
        f"admin:{SECRET}@powerstore-dr",
        f"https://admin:{SECRET}@powerstore-dr:443/api/rest",
        "powerstore..example.com",
        ".powerstore-dr",
        "-powerstore-dr",
        "powerstore-dr,powerstore-prod",
        "2001:db8::zz",
        "a" * 64 + ".example.com",  # no label is longer than 63
        "a." * 130 + "example.com",  # no name longer than 253
        "größe.example.com",
        "{{ host }}",
    ],
)
def test_what_is_not_a_bare_name_or_address_is_refused_without_being_repeated(host: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        connect(host=host)

    assert SECRET not in refused.value.message
    assert refused.value.kind == "invalid_input"


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8") | st.sampled_from("aZ09.-:/@[]% "), max_size=12))
def test_whatever_is_accepted_names_one_host_and_nothing_else(host: str) -> None:
    try:
        connection = connect(host=host, port=8443)
    except InvalidInputError:
        return
    parts = urlsplit(connection.base_url)

    assert (parts.scheme, parts.port, parts.path) == ("https", 8443, "/api/rest")
    assert parts.username is None and parts.password is None and not parts.query and not parts.fragment
    assert parts.hostname == connection.host.lower()


@pytest.mark.parametrize("port", [1, 443, 65535])
def test_ports(port: int) -> None:
    assert connect(port=port).base_url == f"https://powerstore-dr.example.com:{port}/api/rest"


@pytest.mark.parametrize("port", [-1, 0, 65536, 10**6])
def test_ports_out_of_bounds(port: int) -> None:
    with pytest.raises(InvalidInputError, match=rf"port is {port}\b.*1 to 65535"):
        connect(port=port)


@pytest.mark.parametrize(
    ("whose", "account", "port"),
    [
        ("", "username and password (POWERSTORE_USERNAME, POWERSTORE_PASSWORD)", "port is 0"),
        (
            "production",
            (
                "failover_drill_production_username and failover_drill_production_password "
                "(POWERSTORE_PRODUCTION_USERNAME, POWERSTORE_PRODUCTION_PASSWORD)"
            ),
            "failover_drill_production_port is 0",
        ),
        (
            "witness",
            "witness_username and witness_password (POWERSTORE_USERNAME, POWERSTORE_PASSWORD)",
            "witness_port is 0",
        ),
    ],
)
def test_options_are_called_as_the_user_sets_them(
    whose: str, account: str, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OPTIONS_OF, whose)
    assert called("username", "password") == account
    with pytest.raises(InvalidInputError, match=f"^{port}: expected"):
        connect(port=0)


@pytest.mark.parametrize("timeout", [1, 60, 3600])
def test_timeouts(timeout: int) -> None:
    assert connect(timeout=timeout).timeout == float(timeout)


@pytest.mark.parametrize("timeout", [-1, 0])
def test_timeouts_out_of_bounds(timeout: int) -> None:
    with pytest.raises(InvalidInputError, match=rf"timeout is {timeout}\b"):
        connect(timeout=timeout)


def test_a_private_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("PEM")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert connect(ca_path=str(bundle)).verify == str(bundle)
    assert connect(ca_path="~/ca.pem").verify == str(bundle)


@pytest.mark.parametrize("ca_path", [None, ""])
def test_without_one_the_public_authorities_are_trusted(ca_path: str | None) -> None:
    assert connect(ca_path=ca_path).verify is True


def test_a_private_authority_that_is_not_there(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")

    with pytest.raises(InvalidInputError, match=r"none\.pem"):
        connect(ca_path=missing)
    assert connect(ca_path=missing, validate_certs=False).verify is False


def test_certificates_are_not_verified_only_on_request(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("PEM")

    assert connect(validate_certs=False).verify is False
    assert connect(validate_certs=False, ca_path=str(bundle)).verify is False


def test_the_password_never_shows() -> None:
    connection = connect()

    assert connection.password == SECRET
    assert SECRET not in repr(connection) + str(connection) + f"{connection!r}" + connection.base_url
    with pytest.raises(dataclasses.FrozenInstanceError) as refused:
        connection.password = "other"  # type: ignore[misc]
    assert SECRET not in str(refused.value)
