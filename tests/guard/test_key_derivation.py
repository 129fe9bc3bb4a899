from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from holdfast.guard.keys import KeyRing


@given(st.binary(min_size=32, max_size=32), st.text(max_size=80))
def test_keys_are_those_of_a_library_that_knows_rfc_5869(master: bytes, info: str) -> None:
    info = info.encode("utf-8", "replace").decode()
    expected = HKDF(SHA256(), 32, salt=None, info=info.encode()).derive(master)
    assert KeyRing({"a": master}, "a").derive("a", info) == expected
