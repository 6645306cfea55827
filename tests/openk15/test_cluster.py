"""A wrong Ray address is one error, in seconds, whatever listens there."""

from __future__ import annotations

import socket

import pytest

from openk15 import cluster
from openk15.errors import UserError


def test_a_port_on_which_something_else_listens_is_an_error_within_its_deadline(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "GREETING_SECONDS", 4.0)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(UserError, match=rf"key={address}: something listens there, but it is no Ray cluster .*no answer within 4 s"):
            cluster.connect(address, "key")


@pytest.mark.parametrize("address", ["nowhere", ":6379", "host:port"])
def test_an_address_without_host_or_port_is_named(address: str):
    with pytest.raises(UserError, match="expected host:port"):
        cluster.connect(address, "key")


@pytest.mark.parametrize(
    ("given", "environment", "asked"),
    [(None, "", "local"), ("", "", "local"), (None, "auto", "auto"), ("auto", "local", "auto")],
)
def test_no_cluster_is_joined_that_was_not_named(monkeypatch: pytest.MonkeyPatch, given: str | None, environment: str, asked: str):
    """Ray by itself would join whichever cluster was last started on this machine, and die with it."""
    import ray

    asked_for = []
    monkeypatch.setattr(ray, "init", lambda address, **_: asked_for.append(address))
    monkeypatch.setenv("RAY_ADDRESS", environment)
    cluster.connect(given, "key")
    assert asked_for == [asked]


def test_an_address_from_the_environment_is_named_as_such(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(UserError, match=r"^RAY_ADDRESS=127\.0\.0\.1:1: nothing answers there"):
        cluster.connect(None, "key")
