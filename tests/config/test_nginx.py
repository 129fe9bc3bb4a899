"""The proxy's example configuration as it stands in `deploy/`, run by nginx in front of a real web process."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.test import Client
from tests.desk.conftest import Desk, make_desk
from tests.intake.serving import web_process

from holdfast.conversations.messages import post_note
from holdfast.conversations.models import Message

EXAMPLE = Path(__file__).parents[2] / "deploy/nginx/holdfast.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
NAME = "help.example.com"
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@dataclass
class Proxied:
    """nginx with TLS on a free port, in front of a web process."""

    port: int
    plain_port: int
    desk: Desk

    def client(self) -> httpx.Client:
        """A browser signed in as an agent, which reaches the example's name at this machine."""
        signed_in = Client()
        signed_in.force_login(self.desk.ana, "holdfast.people.signed_in.SignedIn")
        session = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            verify=False,  # noqa: S501 - the certificate was made for this test
            headers={"host": NAME},
            cookies={"__Host-session": session},
            timeout=20,
        )


def _certificate(directory: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime.now(UTC) - timedelta(days=1))
    signed = made.not_valid_after(datetime.now(UTC) + timedelta(days=1)).sign(key, hashes.SHA256())
    (directory / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (directory / "key.pem").write_bytes(private)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _configuration(directory: Path, *, port: int, plain_port: int, web_port: int) -> str:
    """The example with only ports and files of this test, in what Debian puts around it."""
    example = EXAMPLE.read_text()
    for old, new in {
        r"listen 443": f"listen 127.0.0.1:{port}",
        r"listen 80;": f"listen 127.0.0.1:{plain_port};",
        r"listen \[::\]:.*": "",
        r"127\.0\.0\.1:8000": f"127.0.0.1:{web_port}",
        r"/etc/ssl/help.example.com.pem": f"{directory}/cert.pem",
        r"/etc/ssl/help.example.com.key": f"{directory}/key.pem",
    }.items():
        example, times = re.subn(old, new, example)
        assert times, old
    own = "".join(
        f"{kind}_temp_path {directory}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off;\nuser root;\npid {directory}/nginx.pid;\nerror_log {directory}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log {directory}/access.log;\n{own}{example}\n}}\n"
    )


@pytest.fixture
def proxied(transactional_db: None, tmp_path: Path) -> Iterator[Proxied]:
    desk, port, plain_port = make_desk(), _free_port(), _free_port()
    environment = {
        "HOLDFAST_PUBLIC_URL": f"https://{NAME}",
        "HOLDFAST_TRUSTED_PROXIES": "127.0.0.1",
        "HOLDFAST_DATA": str(settings.DATA_DIR),
    }
    _certificate(tmp_path)
    with web_process(tmp_path / "web", **environment) as web:
        written = tmp_path / "nginx.conf"
        written.write_text(_configuration(tmp_path, port=port, plain_port=plain_port, web_port=web.port))
        process = subprocess.Popen([str(NGINX), "-e", str(tmp_path / "error.log"), "-c", str(written)])
        try:
            _wait_for(port, process, tmp_path / "error.log")
            yield Proxied(port, plain_port, desk)
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_pages_streams_and_uploads_go_through_the_example(proxied: Proxied) -> None:
    with proxied.client() as browser:
        page = browser.get("/desk/")
        assert page.status_code == 200
        assert "max-age" in page.headers["strict-transport-security"]
        assert "__Host-csrf" in page.headers["set-cookie"]
        assert browser.get("/metrics").status_code == 404
        assert browser.get("/healthz").status_code == 200
        plain = httpx.get(f"http://127.0.0.1:{proxied.plain_port}/desk/?a=1", headers={"host": NAME})
        assert (plain.status_code, plain.headers["location"]) == (301, f"https://{NAME}/desk/?a=1")

        case = proxied.desk.talk()
        ticket = re.search(r'data-stream="([^"]+)"', page.text)
        assert ticket is not None
        with browser.stream("GET", ticket[1].replace("&amp;", "&")) as events:
            lines = events.iter_lines()
            assert next(line for line in lines if line == "event: ready")  # not held back until there is more
            post_note(conversation_id=case.pk, by=proxied.desk.ana.pk, text="Called.", client_key="n1")
            assert next(line for line in lines if '"kind":"note"' in line)

        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', browser.get("/accounts/2fa/").text)
        assert token is not None
        headers = {"referer": f"https://{NAME}/desk/", "x-csrftoken": token[1], "origin": f"https://{NAME}"}
        # Thirty mebibytes with one note, ten in a file.
        files = [("files", (f"photo{n}.bin", b"x" * 10 * 2**20, "application/octet-stream")) for n in range(3)]
        fields = {"kind": "note", "text": "Her photos.", "client_key": "n2"}
        answer = browser.post(f"/desk/c/{case.number}/messages/", data=fields, files=files, headers=headers)
        assert answer.status_code == 201, answer.text
    assert Message.objects.filter(conversation=case, author="agent").count() == 2
