"""Peers that are not installed are named, with how to have them."""

import pytest

from bench.servers.peers import UWS_PACKAGE, PeerNotInstalled, find_nats, find_uws


def test_without_its_package_it_says_how_to_install_uwebsockets(tmp_path):
    with pytest.raises(PeerNotInstalled, match=f"npm install --prefix {tmp_path} {UWS_PACKAGE}"):
        find_uws(tmp_path)


def test_without_the_program_it_says_how_to_install_nats(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(PeerNotInstalled, match="apt install nats-server"):
        find_nats()
