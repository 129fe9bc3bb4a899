"""What the signatures of a request prove: the operator of an assistant, or nothing. Never a reason to refuse anybody.

Called only for requests that carry the header `Signature`. Keys are in memory; the network is never asked here.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import Counter

from holdfast.intake import web_bot_auth
from holdfast.intake.message_signatures import Request, Signature, Unverified, signatures_of
from holdfast.intake.problems import Fault
from holdfast.intake.web_bot_auth import Operators, Verified
from holdfast.kit.clock import now

_signatures = Counter("holdfast_door_signatures", "Signed requests, by what the signature proved.", ["outcome"])

Profile = Callable[..., Verified]
PROFILES: Mapping[str, Profile] = {web_bot_auth.TAG: web_bot_auth.verify}
"""How a signature is read, by its `tag`. The drafts move: a new one is a new entry beside the old."""

MOST_NONCES = 100_000
_FIELD = "signature"


@dataclass(frozen=True, slots=True)
class Proof:
    """The operator whose signature verified, or empty; and what the signer should know."""

    operator: str = ""
    warnings: tuple[Fault, ...] = ()
    used: tuple[str, str] | None = None
    """The nonce that this request used up."""


class Prover:
    """Verifies signatures against the operators in force, and remembers nonces: in this process, and in bounds."""

    def __init__(self, *, operators: Operators, public_url: str, most_nonces: int = MOST_NONCES) -> None:
        self._operators = operators
        parts = urlsplit(public_url)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        host = (parts.hostname or "").lower()
        host = f"[{host}]" if ":" in host else host
        self._scheme = parts.scheme
        self._authority = host if parts.port in {None, usual} else f"{host}:{parts.port}"
        self._nonces: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._most_nonces = most_nonces
        self._taking = threading.Lock()  # large bodies are verified in threads

    def prove(self, scope: MutableMapping[str, Any], body: bytes, *, keyed_by_body: bool) -> Proof:
        """Return what the request proves. Never raises.

        `keyed_by_body`: the body holds an idempotency key, so that a repeat of it is the same contact.
        """
        try:
            verified = self._verified(self._request(scope), body)
        except Unverified as fault:
            _signatures.labels("unverified").inc()
            return Proof(warnings=(Fault(_FIELD, f"Not counted as signed. {fault}"),))
        except Exception as error:  # a fault of ours must not cost anybody a contact
            _signatures.labels("fault").inc()
            return Proof(warnings=(Fault(_FIELD, f"Not counted as signed: a fault here ({type(error).__name__})."),))
        used = (verified.operator, verified.nonce) if verified.nonce else None
        # A repeat of a request whose idempotency key is signed too is the same contact, so it may be sent again.
        if keyed_by_body or "idempotency-key" in verified.covered:
            used = None
        if used is not None and not self._take(used, verified.expires + web_bot_auth.SKEW):
            _signatures.labels("repeated").inc()
            return Proof(warnings=(Fault(_FIELD, "Not counted as signed. This nonce was used before."),))
        _signatures.labels("verified").inc()
        return Proof(operator=verified.operator, used=used)

    def give_back(self, proof: Proof) -> None:
        """Forget the nonce of a request that was not accepted after all: it will be sent again."""
        if proof.used is not None:
            self._nonces.pop(proof.used, None)

    def _request(self, scope: MutableMapping[str, Any]) -> Request:
        path, query = scope.get("raw_path") or scope["path"].encode(), scope.get("query_string", b"")
        return Request(
            method=scope["method"],
            scheme=self._scheme,
            authority=self._authority,
            path=path.decode("latin-1"),
            query=query.decode("latin-1"),
            headers=scope["headers"],
        )

    def _verified(self, request: Request, body: bytes) -> Verified:
        """Return the first signature that verifies. Each stands for itself; a bad one does not spoil a good one."""
        at = now().timestamp()
        faults = []
        for signature in signatures_of(request):
            try:
                return _profile(signature)(signature, request, body, operators=self._operators, at=at)
            except Unverified as fault:
                faults.append(fault)
        raise faults[0]

    def _take(self, nonce: tuple[str, str], until: int) -> bool:
        """Note a nonce until its signature has expired; tell whether it was new. Full, it forgets the oldest."""
        at = now().timestamp()
        with self._taking:
            if self._nonces.get(nonce, 0) > at:
                return False
            self._nonces[nonce] = until
            self._nonces.move_to_end(nonce)
            while len(self._nonces) > self._most_nonces:
                self._nonces.popitem(last=False)
            return True


def _profile(signature: Signature) -> Profile:
    tag = signature.given.parameters.get("tag")
    profile = PROFILES.get(tag) if isinstance(tag, str) else None
    if profile is None:
        raise Unverified(f'The signature needs tag="{web_bot_auth.TAG}".')
    return profile
