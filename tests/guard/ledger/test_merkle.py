"""The tree against the vectors of certificate transparency, a tree built the slow way, and proofs bent a little."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.guard.ledger import merkle

# Leaves, roots and proofs of the reference implementation of RFC 6962 (google/certificate-transparency, merkle tests).
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
CONSISTENT = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
MOST = 130
HASHES = [merkle.leaf_hash(str(number).encode()) for number in range(MOST)]


def node_of(hashes: list[bytes]) -> merkle.Node:
    return lambda level, index: merkle.folded(hashes[index << level : (index + 1) << level])


NODE = node_of(HASHES)


def slow_root(hashes: list[bytes]) -> bytes:
    """Section 2.1 word for word."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + slow_root(hashes[:split]) + slow_root(hashes[split:])).digest()


def test_roots_and_proofs_are_those_of_the_reference_implementation() -> None:
    node = node_of([merkle.leaf_hash(each) for each in LEAVES])
    assert [merkle.root(size, node).hex() for size in range(9)] == ROOTS
    for (index, size), path in PATHS.items():
        assert [each.hex() for each in merkle.inclusion(index, size, node)] == path
    for (old, size), proof in CONSISTENT.items():
        assert [each.hex() for each in merkle.consistency(old, size, node)] == proof


def test_every_leaf_of_every_size_is_proved_and_only_there() -> None:
    for size in range(1, MOST + 1):
        root = slow_root(HASHES[:size])
        assert merkle.root(size, NODE) == root
        for index in range(size):
            path = merkle.inclusion(index, size, NODE)
            assert merkle.includes(index=index, size=size, leaf=HASHES[index], path=path, root=root)
            elsewhere = (index + 1) % size
            if elsewhere != index:
                assert not merkle.includes(index=elsewhere, size=size, leaf=HASHES[index], path=path, root=root)


def test_every_pair_of_sizes_is_consistent() -> None:
    roots = [slow_root(HASHES[:size]) for size in range(MOST + 1)]
    for size in range(MOST + 1):
        for old in range(size + 1):
            proof = merkle.consistency(old, size, NODE)
            assert merkle.consistent(old=old, old_root=roots[old], size=size, root=roots[size], proof=proof)
            assert not merkle.consistent(old=old, old_root=b"x" * 32, size=size, root=roots[size], proof=proof)


@settings(max_examples=60, deadline=None)
@given(size=st.integers(2, MOST), data=st.data())
def test_a_proof_with_one_bit_changed_proves_nothing(size: int, data: st.DataObject) -> None:
    root = merkle.root(size, NODE)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size - 1))
    path, proof = merkle.inclusion(index, size, NODE), merkle.consistency(old, size, NODE)

    def bent(hashes: list[bytes]) -> list[bytes]:
        at, bit = data.draw(st.integers(0, len(hashes) - 1)), data.draw(st.integers(0, 255))
        changed = bytearray(hashes[at])
        changed[bit // 8] ^= 1 << bit % 8
        return [*hashes[:at], bytes(changed), *hashes[at + 1 :]]

    assert not merkle.includes(index=index, size=size, leaf=HASHES[index], path=bent(path), root=root)
    assert not merkle.includes(index=index, size=size, leaf=HASHES[index], path=path[:-1], root=root)
    assert not merkle.includes(index=index, size=size, leaf=HASHES[index], path=[*path, path[0]], root=root)
    before = merkle.root(old, NODE)
    assert not merkle.consistent(old=old, old_root=before, size=size, root=root, proof=bent(proof))
    assert not merkle.consistent(old=old, old_root=before, size=size, root=root, proof=[*proof, proof[0]])
    assert not merkle.consistent(old=old, old_root=before, size=size, root=root, proof=proof[:-1])


def test_a_changed_history_has_no_consistency_proof() -> None:
    other = node_of([merkle.leaf_hash(b"forged"), *HASHES[1:]])
    for old in (1, 5, 64):
        proof = merkle.consistency(old, MOST, other)
        assert not merkle.consistent(
            old=old, old_root=merkle.root(old, NODE), size=MOST, root=merkle.root(MOST, other), proof=proof
        )


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_for_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="There is no entry"):
        merkle.inclusion(index, size, NODE)
    with pytest.raises(ValueError, match="cannot be the beginning"):
        merkle.consistency(size + 1, size, NODE)
