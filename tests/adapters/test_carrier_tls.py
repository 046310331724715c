"""Encryption: used when asked for, checked always, and a mismatch is an error and not a hang."""

import ssl
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drumbeat.adapters.messengers.smtp import SmtpCarrier, SmtpServer
from drumbeat.adapters.messengers.smtp.server import Security
from drumbeat.kit.clock import utc_now
from drumbeat.kit.errors import InvalidInput
from drumbeat.marketing.delivery.ports import Accepted, Deferred
from tests.adapters.post import NEVER, SOON, Post, carried, parcels, run
from tests.fault_server import FaultServer, Peer, Script


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_side(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def meet(
    script: Script, server: SmtpServer, tls: ssl.SSLContext | None = None, count: int = 2
) -> tuple[Post, FaultServer]:
    async def main() -> tuple[Post, FaultServer]:
        async with FaultServer(script, tls=tls) as fault:
            carrier = SmtpCarrier(replace(server, port=fault.port), pauses=())
            return await carried(carrier, parcels(count)), fault

    return run(main)


def server(security: Security, pem: Path | None = None) -> SmtpServer:
    return SmtpServer(
        "127.0.0.1", 0, security, connections=1, ca_file=pem, timeouts=NEVER, user="", password=""
    )


async def plain(peer: Peer) -> None:
    await peer.welcome()
    await peer.go_on()


def upgrading(context: ssl.SSLContext, injected: str = "") -> Script:
    async def script(peer: Peer) -> None:
        await peer.welcome("STARTTLS", "AUTH LOGIN")
        assert await peer.hear() == "STARTTLS"
        await peer.write(f"220 2.0.0 Ready\r\n{injected}".encode())
        await peer.encrypt(context)
        await peer.hear()
        await peer.say("250-fault.example", "250-PIPELINING", "250 AUTH PLAIN")
        assert (await peer.hear()).startswith("AUTH PLAIN ")
        await peer.say("235 2.7.0 In")
        await peer.go_on()

    return script


def test_smtps_is_encrypted_from_the_first_byte(pem: Path, server_side: ssl.SSLContext) -> None:
    post, _ = meet(plain, server("tls", pem), server_side)
    assert post.outcomes == [Accepted("F1"), Accepted("F2")]


def test_starttls_encrypts_before_the_login(pem: Path, server_side: ssl.SSLContext) -> None:
    wanted = replace(server("starttls", pem), user="ann", password="secret")
    post, fault = meet(upgrading(server_side), wanted)
    assert post.outcomes == [Accepted("F1"), Accepted("F2")]
    assert fault.heard[-1] == "QUIT"


def test_words_injected_before_the_encryption_end_the_connection(
    pem: Path, server_side: ssl.SSLContext
) -> None:
    wanted = replace(server("starttls", pem), user="ann", password="secret")
    post, fault = meet(upgrading(server_side, "250 forged\r\n"), wanted)
    (outcome,) = post.outcomes
    assert isinstance(outcome, Deferred)
    assert "more than one reply to STARTTLS" in outcome.reason
    assert not any("AUTH" in line for line in fault.heard)


def test_a_certificate_nobody_vouches_for_is_not_trusted(server_side: ssl.SSLContext) -> None:
    post, fault = meet(plain, server("tls"), server_side, count=500)
    (outcome,) = post.outcomes
    assert isinstance(outcome, Deferred)
    assert outcome.scope == "transport"
    assert f"127.0.0.1:{fault.port} has a certificate that cannot be trusted" in outcome.reason


def test_starttls_with_an_untrusted_certificate_never_logs_in(server_side: ssl.SSLContext) -> None:
    wanted = replace(server("starttls"), user="ann", password="secret")
    post, fault = meet(upgrading(server_side), wanted, count=500)
    (outcome,) = post.outcomes
    assert isinstance(outcome, Deferred)
    assert "has a certificate that cannot be trusted" in outcome.reason
    assert fault.heard[-1] == "STARTTLS"


def test_smtps_to_a_plain_port_says_that_it_speaks_no_tls(pem: Path) -> None:
    post, fault = meet(plain, server("tls", pem), count=500)
    (outcome,) = post.outcomes
    assert isinstance(outcome, Deferred)
    assert f"127.0.0.1:{fault.port} does not speak TLS there" in outcome.reason


def test_plain_to_an_encrypted_port_times_out(server_side: ssl.SSLContext) -> None:
    post, fault = meet(plain, replace(server("none"), timeouts=SOON), server_side, count=500)
    (outcome,) = post.outcomes
    assert isinstance(outcome, Deferred)
    assert f"127.0.0.1:{fault.port} did not answer within" in outcome.reason


def test_a_handshake_that_never_ends_times_out(pem: Path) -> None:
    async def asleep(peer: Peer) -> None:
        await peer.welcome("STARTTLS")
        await peer.hear()
        await peer.say("220 go")
        await peer.hang()

    post, _ = meet(asleep, replace(server("starttls", pem), timeouts=SOON), count=500)
    assert [type(outcome) for outcome in post.outcomes] == [Deferred]
    post, _ = meet(Peer.hang, replace(server("tls", pem), timeouts=SOON), count=500)
    assert [type(outcome) for outcome in post.outcomes] == [Deferred]


def test_a_refused_login_defers_for_the_provider_and_is_not_repeated() -> None:
    async def strict(peer: Peer) -> None:
        await peer.welcome("AUTH PLAIN")
        await peer.hear()
        await peer.say("535 5.7.8 Authentication failed")
        await peer.hear_all()

    wanted = replace(server("none"), user="ann", password="hunter2", connections=4)
    post, fault = meet(strict, wanted, count=500)
    said = f"127.0.0.1:{fault.port} refused the login of ann: 535 5.7.8 Authentication failed"
    assert post.outcomes == [Deferred(said, "provider")]
    assert len(fault.peers) == 1


def test_a_ca_file_without_a_certificate_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("not a certificate")
    with pytest.raises(InvalidInput, match=r"empty\.pem holds no certificates"):
        meet(plain, server("tls", empty))
