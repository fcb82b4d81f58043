"""Which addresses, hosts and ports may be reached."""

from contextlib import nullcontext

import pytest

from domain.errors import ConfigurationError
from domain.fetching import UrlRefusedError
from fetching.addresses import is_public
from fetching.hosts import Hosts
from fetching.settings import FetchSettings


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.216.34",
        "2606:4700:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "172.15.255.255",
        "172.32.0.0",
    ],
)
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::101:101",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:101:101::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%lo",
        "2606:4700::1%lo",
        "fec0::1",
        "ff02::1",
        "",
        "localhost",
        "2130706433",
    ],
)
def test_nothing_else_is(address: str) -> None:
    assert not is_public(address)


def test_one_private_address_is_enough_to_be_refused() -> None:
    hosts = Hosts()
    hosts.check_addresses("example.com", 443, ["1.1.1.1", "2606:4700::1"])
    for addresses in (["1.1.1.1", "10.0.0.1"], ["127.0.0.1"], []):
        with pytest.raises(UrlRefusedError, match="FETCH_PRIVATE_HOSTS") as caught:
            hosts.check_addresses("example.com", 443, addresses)
        assert "10.0.0.1" not in caught.value.message, "what a name leads to is nobody's business"


@pytest.mark.parametrize(
    ("port", "allowed"), [(80, True), (443, True), (1_024, True), (22, False), (25, False)]
)
def test_ports_of_other_protocols_are_refused(port: int, allowed: bool) -> None:
    with nullcontext() if allowed else pytest.raises(UrlRefusedError, match="80, 443"):
        Hosts().check_port("example.com", port)


def test_the_operator_can_name_private_hosts() -> None:
    hosts = Hosts.of(" frames.internal, 10.0.0.5:81,[fd00::7]:9000, ")
    hosts.check_addresses("frames.internal", 443, ["10.9.9.9"])
    hosts.check_port("10.0.0.5", 81)
    hosts.check_addresses("10.0.0.5", 81, ["10.0.0.5"])
    hosts.check_addresses("fd00::7", 9_000, ["fd00::7"])
    for host, port in (("10.0.0.5", 82), ("fd00::7", 80), ("more.frames.internal", 443)):
        with pytest.raises(UrlRefusedError):
            hosts.check_addresses(host, port, ["10.0.0.5"])
    with pytest.raises(UrlRefusedError):
        hosts.check_port("frames.internal", 22)


@pytest.mark.parametrize("names", ["http://a", "a/b", "*", "*.internal", "me@a", "a:b", "a:99999", "[::1"])
def test_what_is_no_host_stops_the_start(names: str) -> None:
    with pytest.raises(ConfigurationError, match=r"FETCH_PRIVATE_HOSTS.*allowed: hosts"):
        FetchSettings(fetch_private_hosts=names)
