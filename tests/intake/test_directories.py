"""Reading key directories from a real HTTPS server that behaves well, and from ones that do not."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.intake.signing import Signer

from holdfast.intake import directories, operators
from holdfast.intake.directories import Away
from holdfast.intake.models import Operator

Answering = Callable[[BaseHTTPRequestHandler], None]
PATH = "/.well-known/http-message-signatures-directory"


class Server:
    """An HTTPS server with a certificate for `localhost`; `answer` is what it does."""

    def __init__(self, folder: Path) -> None:
        certificate, private = _certificate()
        (folder / "cert.pem").write_bytes(certificate)
        (folder / "key.pem").write_bytes(private)
        self.answer: Answering = lambda request: None
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(f"{self.headers['host']}{self.path}")
                with suppress(OSError):
                    outer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_address[1]
        self.certificate = folder / "cert.pem"
        self.context = ssl.create_default_context(cafile=str(self.certificate))
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def says(self, body: str | bytes, *, status: int = 200, **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(data)

        self.answer = answer

    def read(self, host: str = "localhost", *, own_network: bool = True) -> directories.Read:
        address = f"https://{host}:{self.port}{PATH}"
        return asyncio.run(directories.read(address, own_network=own_network, context=self.context))


def _certificate() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    moment = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return built.public_bytes(Encoding.PEM), private


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    yield running
    running.close()


def test_keys_are_read_over_https_under_the_name_that_was_given(server: Server) -> None:
    signer = Signer()
    server.says(signer.key_set({"kty": "none"}), cache_control="public, max-age=7200")
    read = server.read()
    assert [key.thumbprint for key in read.keys] == [signer.keyid]
    assert [sentence[:5] for sentence in read.refused] == ["Key 2"]
    assert read.fresh_for == timedelta(hours=2)
    assert server.asked == [f"localhost:{server.port}{PATH}"]


@pytest.mark.parametrize(
    ("cache_control", "fresh_for"),
    [
        ("", timedelta(hours=1)),
        ("max-age=1", timedelta(minutes=5)),
        ("max-age=999999999", timedelta(hours=24)),
        ("no-store", timedelta(minutes=5)),
        ("s-maxage=7200, max-age=3700", timedelta(seconds=3700)),
        ("max-age=nonsense", timedelta(hours=1)),
    ],
)
def test_a_directory_is_believed_between_five_minutes_and_a_day(
    server: Server, cache_control: str, fresh_for: timedelta
) -> None:
    server.says(Signer().key_set(), cache_control=cache_control)
    assert server.read().fresh_for == fresh_for


def test_what_is_no_directory_is_away_in_a_sentence(server: Server) -> None:
    good = Signer().key_set()
    server.says(good, status=302, location=f"https://localhost:{server.port}/other")
    with pytest.raises(Away, match="302"):
        server.read()
    assert len(server.asked) == 1, "a redirect is not followed"
    server.says(good, status=500)
    with pytest.raises(Away, match="500"):
        server.read()
    server.says("<html>")
    with pytest.raises(Away, match="not JSON"):
        server.read()
    server.says(good, content_encoding="gzip")
    with pytest.raises(Away, match="compressed"):
        server.read()
    server.says(" " * 70_000 + good)
    with pytest.raises(Away, match="longer"):
        server.read()
    server.answer = lambda request: request.connection.close()
    with pytest.raises(Away, match="cannot be reached"):
        server.read()


def test_a_private_address_is_not_asked_unless_the_command_line_says_so(server: Server) -> None:
    server.says(Signer().key_set())
    for host in ("localhost", "127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "[fd00::1]"):
        with pytest.raises(Away, match="private address"):
            server.read(host, own_network=False)
    assert server.asked == []


def test_a_certificate_for_another_name_is_not_believed(server: Server) -> None:
    server.says(Signer().key_set())
    with pytest.raises(Away, match="cannot be reached"):
        server.read("127.0.0.1")
    assert server.asked == []


def test_a_directory_that_drips_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "SECONDS", 0.5)
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not over.wait(0.05):
            request.wfile.write(b" ")

    server.answer = drip
    started = time.monotonic()
    with pytest.raises(Away, match="did not answer within"):
        server.read()
    over.set()
    assert time.monotonic() - started < 5


@pytest.mark.django_db
def test_the_job_takes_over_new_keys_and_keeps_old_ones_while_the_directory_is_away(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    old, new = Signer(), Signer()
    url = f"https://localhost:{server.port}"
    operators.add(name="alexa", url=url, own_network=True)
    operators.add(name="outside", url=f"https://127.0.0.1:{server.port}")

    def keys_after_reading() -> set[str]:
        Operator.objects.update(next_read_at="2026-01-01T00:00:00Z")
        assert directories.read_due() == 2
        return set(operators.listed()[0].keys)

    server.says(old.key_set())
    assert keys_after_reading() == {old.keyid}
    assert "private address" in operators.listed()[1].fault
    server.says(new.key_set(old.jwk))
    assert keys_after_reading() == {old.keyid, new.keyid}
    server.says("", status=503)
    assert keys_after_reading() == {old.keyid, new.keyid}
    assert "503" in operators.listed()[0].fault
    server.says(new.key_set())
    assert keys_after_reading() == {new.keyid}
    assert operators.listed()[0].fault == ""
