"""SIP2 over TLS, as the environment sets it (row G1)."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shuxiang.interfaces.cli import serve
from shuxiang.interfaces.cli.main import CommandError
from shuxiang.interfaces.sip2.server import Server
from tests.interfaces.sip2.conftest import PASSWORD, Machines
from tests.interfaces.sip2.terminal import BLANK, STAMP, Terminal


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 signed by itself and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sip2")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "pair.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, pair: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SHUXIANG_SIP2_CERTIFICATE", str(pair))
    for other in ("SHUXIANG_SIP2_KEY", "SHUXIANG_SIP2_CLIENTS"):
        monkeypatch.delenv(other, raising=False)
    return monkeypatch


@pytest.fixture
def encrypted(settings: pytest.MonkeyPatch, machines: Machines) -> Iterator[int]:
    """The port of a server with that certificate."""
    server = Server("127.0.0.1", 0, tls=serve.sip2_tls())
    server.start_in_thread()
    yield server.port
    server.stop()


def trusting(pair: Path, *, own: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pair))
    if own:
        context.load_cert_chain(str(pair))
    return context


def terminal(port: int, context: ssl.SSLContext) -> Terminal:
    made = Terminal(port, charset="utf-8")
    made.socket = context.wrap_socket(made.socket, server_hostname="127.0.0.1")
    return made


def test_g1_a_loan_over_tls(encrypted: int, pair: Path, machines: Machines) -> None:
    made = terminal(encrypted, trusting(pair))
    assert made.socket.version() in ("TLSv1.2", "TLSv1.3")  # type: ignore[attr-defined]
    assert made.login("lobby", PASSWORD)
    lent = made.ask(f"11NN{STAMP}{BLANK}AOYC|AA{machines.card}|ABB001|AC|")
    assert (lent.fixed["ok"], lent.get("AJ")) == ("1", "红楼梦")
    # Many at once and a line longer than a record's piece.
    asked = [f"17{STAMP}AOYC|ABB00{n % 8 + 1}|CH{'x' * 3000}|" for n in range(30)]
    made.send(b"".join(made.frame(text) for text in asked))
    for n in range(30):
        assert f"ABB00{n % 8 + 1}|".encode() in made.line()
    made.close()


def test_g1_who_speaks_plainly_to_it_is_not_answered_and_hurts_nobody(
    encrypted: int, pair: Path
) -> None:
    plain = socket.create_connection(("127.0.0.1", encrypted), timeout=60)
    plain.sendall(b"9900302.00\r")
    assert not plain.recv(1000).startswith(b"98")
    plain.close()
    with pytest.raises(ssl.SSLCertVerificationError):
        terminal(encrypted, ssl.create_default_context())
    made = terminal(encrypted, trusting(pair))
    assert made.ask("9900302.00").code == "98"
    made.close()


@pytest.fixture
def asking_clients(settings: pytest.MonkeyPatch, pair: Path) -> None:
    settings.setenv("SHUXIANG_SIP2_CLIENTS", str(pair))


def test_s2_terminals_without_the_certificate_asked_for_are_kept_out(
    asking_clients: None, encrypted: int, pair: Path
) -> None:
    known = terminal(encrypted, trusting(pair, own=True))
    assert known.ask("9900302.00").code == "98"
    known.close()
    stranger = terminal(encrypted, trusting(pair))
    answer = b""
    # TLS 1.3 tells a client only when it next writes or reads.
    with contextlib.suppress(OSError):
        stranger.send(b"9900302.00\r")
        answer = stranger.socket.recv(1000)
    assert answer == b""
    stranger.close()


def test_g1_a_certificate_that_is_none_stops_the_start(
    settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    settings.setenv("SHUXIANG_SIP2_CERTIFICATE", str(wrong))
    with pytest.raises(CommandError, match="the certificate for SIP2 can't be used"):
        serve.sip2_tls()
