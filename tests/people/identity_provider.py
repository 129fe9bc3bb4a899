"""A real OpenID Connect provider, which is written here: discovery, authorize, token, keys, details, signing out."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

SECRET = "the desk's secret there"


@dataclass
class Provider:
    """An identity provider where one person is signed in: `person` is what it says of them."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] | None = None  # when they differ from the ID token
    token_for: str = "desk"  # the audience of its tokens
    broken: bool = False
    asked: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # by code
    prompts: list[str] = field(default_factory=list)
    left: list[dict[str, list[str]]] = field(default_factory=list)  # who signed out here, sent by the desk
    kid: str = "1"
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/end?realm=staff",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [public | {"kid": self.kid, "alg": "RS256", "use": "sig"}]}

    def authorize(self, query: dict[str, list[str]]) -> str:
        """Return where the browser goes next."""
        assert query["client_id"] == ["desk"]
        assert query["response_type"] == ["code"]
        assert query["code_challenge_method"] == ["S256"]
        assert query["acr_values"] == ["silver gold"]
        self.prompts += query.get("prompt", [])
        code = uuid4().hex
        self.asked[code] = query
        return f"{query['redirect_uri'][0]}?{urlencode({'code': code, 'state': query['state'][0]})}"

    def logout_token(self, *, key: rsa.RSAPrivateKey | None = None, kid: str = "1", **changed: Any) -> str:
        """Return a logout token that holds, or with claims `changed`; `None` leaves one out. `typ` goes to its head."""
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": "desk",
            "iat": int(time.time()),
            "exp": int(time.time()) + 120,
            "jti": uuid4().hex,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        headers = {"kid": kid, "typ": changed.pop("typ", "logout+jwt")}
        claims = {name: value for name, value in (claims | changed).items() if value is not None}
        return jwt.encode(claims, key or self.key, "RS256", headers=headers)

    def leave(self, query: dict[str, list[str]]) -> str:
        """Sign somebody out; return where the browser goes back to."""
        self.left.append(query)
        return f"{query['post_logout_redirect_uri'][0]}?{urlencode({'state': query['state'][0]})}"

    def token(self, form: dict[str, list[str]]) -> dict[str, Any] | None:
        """Exchange a code, once, for whoever knows the secret and the verifier."""
        asked = self.asked.pop(form["code"][0], None)
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        verified = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self.broken or asked is None or asked["code_challenge"] != [verified] or form["client_secret"] != [SECRET]:
            return None
        claims = {"iss": self.url, "aud": self.token_for, "iat": int(time.time()), "exp": int(time.time()) + 60}
        signed = jwt.encode(claims | self.person, self.key, "RS256", headers={"kid": "1"})
        return {"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": signed}


def handler_of(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            parts = urlsplit(self.path)
            goes_on = {"/authorize": provider.authorize, "/end": provider.leave}.get(parts.path)
            if goes_on is not None:
                self.send_response(302)
                self.send_header("location", goes_on(parse_qs(parts.query)))
                self.end_headers()
                return
            told = provider.person if provider.details is None else provider.details
            answers = {
                "/.well-known/openid-configuration": provider.configuration(),
                "/keys": provider.keys(),
                "/userinfo": told if self.headers["authorization"] == "Bearer opaque" else None,
            }
            self.answer(answers.get(parts.path))

        def do_POST(self) -> None:  # noqa: N802
            self.answer(provider.token(parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())))

        def answer(self, document: dict[str, Any] | None) -> None:
            body = json.dumps(document or {"error": "invalid_request"}).encode()
            self.send_response(200 if document is not None else 400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
