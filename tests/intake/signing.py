"""An operator of an assistant, as far as signing goes: a key, a directory, and requests signed as Web Bot Auth asks."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.intake import jwk

AUTHORITY = "desk.example"
AGENT = "https://assistant.example/.well-known/http-message-signatures-directory"
COVERED = ('"@authority"', '"signature-agent";key="sig1"', '"content-digest"')


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def digest_of(body: bytes, name: str = "sha-256") -> str:
    made = hashlib.new(name.replace("-", ""), body).digest()
    return f"{name}=:{base64.b64encode(made).decode()}:"


@dataclass
class Signer:
    """Signs by hand, so that every part can be made wrong."""

    agent: str = AGENT
    authority: str = AUTHORITY
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def jwk(self) -> dict[str, Any]:
        return {"kty": "OKP", "crv": "Ed25519", "x": encoded(self.private.public_key().public_bytes_raw())}

    @property
    def keyid(self) -> str:
        return jwk.read(self.jwk).thumbprint

    def key_set(self, *more: Mapping[str, Any]) -> str:
        return json.dumps({"keys": [self.jwk, *more]})

    def headers(
        self,
        body: bytes,
        *,
        at: float | None = None,
        life: int = 300,
        covered: Sequence[str] = COVERED,
        label: str = "sig1",
        digest: str | None = None,
        agent_header: str | None = None,
        more: Mapping[str, str] | None = None,
        **changed: Any,
    ) -> dict[str, str]:
        """The headers of a signed request. `changed` are parameters; `None` leaves one out."""
        created = int(time.time() if at is None else at)
        said = {"created": created, "expires": created + life, "keyid": self.keyid, "alg": "ed25519"}
        said |= {"tag": "web-bot-auth", **changed}
        written = "".join(
            f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"'
            for name, value in said.items()
            if value is not None
        )
        given = f"({' '.join(covered)}){written}"
        headers = {
            "content-digest": digest_of(body) if digest is None else digest,
            "signature-agent": f'sig1="{self.agent}"' if agent_header is None else agent_header,
            **(more or {}),
        }
        values = {'"@authority"': self.authority, '"@method"': "POST", '"@path"': "/v1/contacts"}
        values |= {'"signature-agent";key="sig1"': f'"{self.agent}"'}
        values |= {f'"{name}"': value for name, value in headers.items()}
        lines = [f"{name}: {values.get(name, '')}" for name in covered] + [f'"@signature-params": {given}']
        signature = self.private.sign("\n".join(lines).encode())
        headers["signature-input"] = f"{label}={given}"
        headers["signature"] = f"{label}=:{base64.b64encode(signature).decode()}:"
        return headers
