"""The guarded client against a server, a resolver and redirects that mean harm."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.fetching import FetchFailedError, UrlRefusedError
from fetching.client import GuardedFetcher, Patience
from fetching.hosts import Hosts
from tests.hostile_server import Server, dripping, endless, hostile_server, redirecting, replying, silent

PUBLIC = "93.184.216.34"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with hostile_server() as served:
        yield served


class Names:
    """A resolver that says what it is told: one answer after the other, the last one again and again."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        script = self.answers.get(host, [host])
        return [script[0] if len(script) == 1 else script.pop(0)]


class Internet(httpcore.AsyncNetworkBackend):
    """A way to public addresses that ends at loopback; remembers where people wanted to go."""

    def __init__(self) -> None:
        self.wanted: list[str] = []
        self.real = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, *args: Any, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        self.wanted.append(host)
        return await self.real.connect_tcp("127.0.0.1", port, *args, **options)

    async def sleep(self, seconds: float) -> None:
        await self.real.sleep(seconds)


def open_to(server: Server, **options: Any) -> GuardedFetcher:
    """Give a client that may reach this server and nothing else that is private."""
    return GuardedFetcher(Hosts.of(f"127.0.0.1:{server.port}"), **options)


async def refused(fetcher: GuardedFetcher, url: str, most: int = 1_000) -> str:
    try:
        with pytest.raises(UrlRefusedError) as caught:
            await fetcher.get(url, most=most)
        return caught.value.message
    finally:
        await fetcher.aclose()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", "0", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]",
     "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost.", "LOCALHOST", "127.0.0.1.", "[::1%25lo]"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_this_machine_is_never_reached(server: Server, host: str, method: str) -> None:
    server.answers["/"] = replying(b"a secret")
    fetcher = GuardedFetcher(Hosts())
    with pytest.raises(UrlRefusedError):
        await (fetcher.get(server.url("/", host), most=9) if method == "GET" else
               fetcher.post(server.url("/", host), b"{}", {}))  # fmt: skip
    await fetcher.aclose()
    assert server.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "10.0.0.1",
        "100.100.100.200",
        "fd00:ec2::254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
async def test_nor_what_a_name_hides(server: Server, address: str) -> None:
    internet = Internet()
    fetcher = GuardedFetcher(Hosts(), resolve=Names(evil_example=[address]), network=internet)
    assert "public internet" in await refused(fetcher, server.url("/", "evil.example"))
    assert internet.wanted == []


async def test_a_redirect_is_checked_as_well(server: Server) -> None:
    server.answers["/"] = redirecting("http://169.254.169.254/latest/meta-data/")
    assert "public internet" in await refused(open_to(server), server.url())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file:///etc/passwd", "an http or https URL"),
        ("gopher://127.0.0.1:70/", "an http or https URL"),
        ("http://me:secret@93.184.216.34/", "name or a password"),
        ("http://127.0.0.1:22/", "port 22"),
        ("http://127.0.0.1:9/", "port 9"),
        ("http://[::1", "no valid URL"),
    ],
)
async def test_a_redirect_to_something_else_is_refused(server: Server, target: str, reason: str) -> None:
    server.answers["/"] = redirecting(target)
    assert reason in await refused(open_to(server), server.url())


async def test_a_redirect_to_another_port_of_a_private_host_is_refused(server: Server) -> None:
    async with hostile_server() as other:
        other.answers["/"] = replying(b"a secret")
        server.answers["/"] = redirecting(other.url())
        assert "public internet" in await refused(open_to(server), server.url())
        assert other.requests == []


async def test_redirects_end(server: Server) -> None:
    server.answers["/"] = redirecting("/")
    assert "more than 5 times" in await refused(open_to(server), server.url())
    assert len(server.requests) == 6


async def test_a_name_that_changes_its_mind_gains_nothing(server: Server) -> None:
    server.answers["/"] = replying(b"a picture")
    names, internet = Names(rebinding_example=[PUBLIC, "127.0.0.1"]), Internet()
    fetcher = GuardedFetcher(Hosts(), resolve=names, network=internet)
    url = server.url("/", "rebinding.example")

    assert (await fetcher.get(url, most=9)).content == b"a picture"
    assert internet.wanted == [PUBLIC], "connected to what was checked"
    assert names.asked == ["rebinding.example"], "and asked once"
    assert f"host: rebinding.example:{server.port}".encode() in server.requests[0].lower()

    assert "public internet" in await refused(fetcher, url)
    assert internet.wanted == [PUBLIC], "a second request is checked again"


async def test_a_name_that_changes_its_mind_between_redirects(server: Server) -> None:
    server.answers["/"] = redirecting("/secret")
    server.answers["/secret"] = replying(b"a secret")
    fetcher = GuardedFetcher(
        Hosts(), resolve=Names(rebinding_example=[PUBLIC, "10.0.0.1"]), network=Internet()
    )
    assert "public internet" in await refused(fetcher, server.url("/", "rebinding.example"))
    assert len(server.requests) == 1


async def test_an_endless_body_is_cut(server: Server) -> None:
    server.answers["/"] = endless
    assert "more than 1 MB" in await refused(open_to(server), server.url(), most=1_000_000)
    async with asyncio.timeout(20):
        await server.gone.wait()


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip, br"])
async def test_a_compressed_bomb_is_not_opened(server: Server, encoding: str) -> None:
    server.answers["/"] = replying(gzip.compress(b"\0" * 10_000_000), content_encoding=encoding)
    assert "compressed" in await refused(open_to(server), server.url(), most=100_000)
    assert b"accept-encoding: identity" in server.requests[0].lower()


@pytest.mark.parametrize(
    ("answer", "patience"),
    [(silent, Patience(silence=0.2)), (dripping, Patience(get=0.3)), (silent, Patience(get=0.3))],
)
async def test_a_slow_body_is_given_up(server: Server, answer: Any, patience: Patience) -> None:
    server.answers["/"] = answer
    fetcher = open_to(server, patience=patience)
    with pytest.raises(FetchFailedError, match="too long"):
        await fetcher.get(server.url(), most=10_000_000)
    await fetcher.aclose()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000,
    ],
)
async def test_what_is_no_answer_may_be_asked_again(server: Server, raw: bytes) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    server.answers["/"] = answer
    fetcher = open_to(server)
    with pytest.raises(FetchFailedError, match="broke off"):
        await fetcher.get(server.url(), most=1_000)
    await fetcher.aclose()


async def test_a_name_that_does_not_exist_is_told_from_one_that_cannot_be_asked(server: Server) -> None:
    assert "no such host" in await refused(GuardedFetcher(Hosts()), "http://" + "a" * 70 + ".invalid/")


async def test_a_closed_port_may_be_asked_again() -> None:
    async with hostile_server() as closed:
        pass
    fetcher = open_to(closed)
    with pytest.raises(FetchFailedError, match="connected"):
        await fetcher.get(closed.url(), most=1)
    await fetcher.aclose()


async def test_no_cookie_comes_back_and_no_proxy_is_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answers["/"] = replying(b"", "302 Found", location="/b", set_cookie="id=1; Path=/")
    server.answers["/b"] = replying(b"a picture", set_cookie="id=2")
    fetcher = open_to(server)
    for _ in range(2):
        assert (await fetcher.get(server.url(), most=9)).content == b"a picture"
    await fetcher.aclose()
    assert len(server.requests) == 4
    assert not any(b"cookie" in request.lower() for request in server.requests)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Give a server's side and a client's side that trusts it, for one name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


async def test_tls_is_about_the_name_and_not_the_address(tmp_path: Path) -> None:
    ours, trusting = certificate(tmp_path, "frames.example")
    async with hostile_server(ours) as server:
        server.answers["/"] = replying(b"a picture")
        names = Names(frames_example=[PUBLIC], other_example=[PUBLIC])
        fetcher = GuardedFetcher(Hosts(), resolve=names, network=Internet(), tls=trusting)
        url = server.url("/", "frames.example").replace("http:", "https:")
        assert (await fetcher.get(url, most=9)).content == b"a picture"
        assert server.names == ["frames.example"]
        with pytest.raises(FetchFailedError, match="connected"):
            await fetcher.get(url.replace("frames.", "other."), most=9)
        await fetcher.aclose()
    assert len(server.requests) == 1
