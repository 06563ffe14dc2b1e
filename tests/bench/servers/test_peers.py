"""Peers are started if they are installed; else it is said how to have them."""

import os

import pytest

from bench.servers.peers import UWS_PACKAGE, PeerNotInstalled, find_nats, find_uws


def test_without_its_package_it_says_how_to_install_uwebsockets(tmp_path):
    with pytest.raises(PeerNotInstalled, match=f"npm install --prefix {tmp_path} {UWS_PACKAGE}"):
        find_uws(tmp_path)


def test_without_the_program_it_says_how_to_install_nats(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(PeerNotInstalled, match="apt install nats-server"):
        find_nats()


def test_the_port_of_nats_is_what_it_prints(tmp_path, monkeypatch):
    program = tmp_path / "nats-server"
    program.write_text(
        "#!/bin/sh\n"
        "echo '[1] [INF] Listening for client connections on 127.0.0.1:40123'\n"
        "exec sleep 60\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with find_nats()(frozenset(os.sched_getaffinity(0))) as nats:
        assert nats.port == 40123
