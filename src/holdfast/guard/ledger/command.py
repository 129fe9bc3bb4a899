# ruff: noqa: T201 - it prints
"""`./holdfast guard …`: the log of reveals on the command line, for the house, for auditors and for witnesses."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.guard.ledger.notes import VerifierKey

WITHOUT_DATABASE = frozenset({"witness", "verifier"})
"""Verbs that need nothing of the house: a second organisation and an auditor run them."""


def main(arguments: Sequence[str]) -> int:
    """Run one verb and return the exit code."""
    chosen = _parser().parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="holdfast guard",
        description="The log of reveals, and who checks it.",
        epilog="Also: guard trace PHOTO (whose screen it shows), guard radius (whose data accounts could know).",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = verbs.add_parser("check", help="compare the log with what the gate wrote, and with what was signed")
    check.set_defaults(run=_check)
    check.add_argument("--json", action="store_true")
    new_key = verbs.add_parser(
        "new-key", help="let a new key sign the log from here on; run it with the old one in place"
    )
    new_key.set_defaults(run=_new_key)
    verbs.add_parser("keys", help="print the public keys of the log and of its witnesses").set_defaults(run=_keys)
    export = verbs.add_parser("export", help="write the log into a folder for an auditor")
    export.set_defaults(run=_export)
    export.add_argument("folder", type=Path)
    export.add_argument(
        "--open",
        action="append",
        default=[],
        metavar="LABEL",
        help="also tell actor, session, customer, case, value, grant or reason of every entry; repeatable",
    )
    proof = verbs.add_parser("proof", help="print the proof that an entry is in the log")
    proof.set_defaults(run=_proof)
    proof.add_argument("index", type=int)
    trust = verbs.add_parser("trust", help="take the cosignatures of a witness")
    trust.set_defaults(run=_trust)
    trust.add_argument("key", nargs="+", help="as the witness prints it with --show")
    push = verbs.add_parser("push", help="push checkpoints to a trusted witness that waits for them")
    push.set_defaults(run=_push)
    push.add_argument("name")
    push.add_argument("url", nargs="?", default="", help="where it takes add-checkpoint; without one nothing is pushed")
    push.add_argument("--own-network", action="store_true", help="it may stand at a private address")
    distrust = verbs.add_parser("distrust", help="take them no more")
    distrust.set_defaults(run=_distrust)
    distrust.add_argument("name")
    verbs.add_parser("verifier", help="print holdfast-verify, the auditor's one file").set_defaults(run=_verifier)
    _witness_options(verbs.add_parser("witness", help="cosign another house's log every minute; needs no database"))
    return parser


def _witness_options(witness: argparse.ArgumentParser) -> None:
    witness.set_defaults(run=_witness)
    witness.add_argument("--url", help="where the log is published, e.g. https://help.example.com/ledger/")
    witness.add_argument("--origin", help="the log's name, the first line of its checkpoints")
    witness.add_argument("--key", action="append", default=[], metavar="VKEY", help="its public key; repeatable")
    witness.add_argument("--name", required=True, help="this witness's name, e.g. auditor.example/w1")
    witness.add_argument("--folder", type=Path, default=Path("witness"), help="its key and last checkpoint (witness/)")
    witness.add_argument("--listen", metavar="HOST:PORT", help="wait to be pushed to (add-checkpoint) and go nowhere")
    witness.add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="at most 60")
    witness.add_argument("--once", action="store_true", help="look once and end; exit code 0 when it was signed")
    witness.add_argument("--show", action="store_true", help="print this witness's public keys and end")


def _check(chosen: argparse.Namespace) -> int:
    from holdfast.guard.ledger.checking import check

    done = check()
    if chosen.json:
        print(json.dumps({"entries": done.leaves, "faults": done.faults}))
    else:
        for fault in done.faults:
            print(f"wrong  {fault}")
        print(f"{'wrong' if done.faults else 'ok':<6} {done.leaves} entries were compared with what the gate wrote.")
    return 1 if done.faults else 0


def _new_key(_: argparse.Namespace) -> int:
    """The new key of a house that configures it is read from the environment, never from arguments."""
    from holdfast.guard.ledger.new_key import NotChanged, change
    from holdfast.guard.ledger.notes import BadNote

    try:
        done = change(new_secret=os.environ.get("HOLDFAST_LEDGER_NEW_KEY", ""))
    except (NotChanged, BadNote) as refused:
        return _fail(str(refused))
    _say(f"A new key signs what comes after {done.size} entries. Auditors want its public keys: `holdfast guard keys`.")
    if done.by_hand:
        _say("Now set it as HOLDFAST_LEDGER_KEY for every worker and restart them: until then nothing is signed.")
    return 0


def _keys(_: argparse.Namespace) -> int:
    from holdfast.guard.ledger import notes
    from holdfast.guard.ledger.bundle import known_keys

    for key in known_keys():
        print(key)
    if not notes.ML_DSA:
        _say("There is no ML-DSA-44 in the installed cryptography, so checkpoints are signed with Ed25519 alone.")
    return 0


def _export(chosen: argparse.Namespace) -> int:
    from holdfast.guard.ledger.bundle import NotWritten, write

    try:
        done = write(chosen.folder, opened=chosen.open)
    except NotWritten as refused:
        return _fail(str(refused))
    opened = f", {done.openings} hashes opened" if chosen.open else ", nothing opened"
    _say(f"{done.entries} entries, {done.checkpoints} checkpoints, {done.releases} releases{opened}: {chosen.folder}")
    return 0


def _proof(chosen: argparse.Namespace) -> int:
    from holdfast.guard.ledger.proofs import NotThere, inclusion

    try:
        print(inclusion(chosen.index), end="")
    except NotThere as refused:
        return _fail(str(refused))
    return 0


def _trust(chosen: argparse.Namespace) -> int:
    from holdfast.guard.ledger.witnesses import NotTaken, trust

    try:
        for key in chosen.key:
            trust(key)
            _say(f"Cosignatures of {key.partition('+')[0]} are taken.")
    except NotTaken as refused:
        return _fail(str(refused))
    return 0


def _push(chosen: argparse.Namespace) -> int:
    from holdfast.guard.ledger.witnesses import NotTaken, push_to

    try:
        push_to(chosen.name, chosen.url, inside=chosen.own_network)
    except NotTaken as refused:
        return _fail(str(refused))
    _say(f"Checkpoints go to {chosen.name} within a minute." if chosen.url else f"Nothing goes to {chosen.name}.")
    return 0


def _distrust(chosen: argparse.Namespace) -> int:
    from holdfast.guard.ledger.witnesses import NotTaken, distrust

    try:
        distrust(chosen.name)
    except NotTaken as refused:
        return _fail(str(refused))
    _say(f"Nothing of {chosen.name} is taken any more; what it signed stays.")
    return 0


def _verifier(_: argparse.Namespace) -> int:
    print(Path(__file__).with_name("holdfast_verify.py").read_text(encoding="utf-8"), end="")
    return 0


def _witness(chosen: argparse.Namespace) -> int:
    from holdfast.guard.ledger import witness
    from holdfast.guard.ledger.notes import BadNote, VerifierKey

    try:
        if chosen.show:
            for key in witness.signer(chosen.folder, chosen.name).keys:
                print(key)
            return 0
        keys = tuple(map(VerifierKey.parse, chosen.key))
    except (BadNote, witness.Refused, OSError, ValueError) as error:
        return _fail(str(error))
    if not ((chosen.url or chosen.listen) and chosen.origin and keys):
        return _fail("A witness needs --url, --origin and --key: ask the log's people for their `holdfast guard keys`.")
    if chosen.listen:
        return _wait(chosen, keys)
    if not 1 <= chosen.every <= witness.EVERY:
        return _fail("A witness looks every 1 to 60 seconds: what is not anchored yet could be cut off unseen.")
    return _watch(chosen, keys)


def _watch(chosen: argparse.Namespace, keys: tuple[VerifierKey, ...]) -> int:
    import httpx

    from holdfast.guard.ledger import witness

    code = 0
    with httpx.Client(timeout=10, follow_redirects=False) as client:
        ask, tell = witness.over_http(chosen.url, client)
        one = witness.Witness(
            folder=chosen.folder, name=chosen.name, origin=chosen.origin, keys=keys, ask=ask, tell=tell
        )
        while True:
            try:
                seen = one.look()
                _say(f"Signed {seen.size} entries of {chosen.origin}; {seen.size - seen.was} are new.")
                code = 0
            except witness.Unreachable as error:
                _say(f"Not signed: {error}")
                code = 1
            except witness.Refused as error:
                _say(f"*** REFUSED *** {error}")
                code = 2
            if chosen.once:
                return code
            time.sleep(chosen.every)


def _wait(chosen: argparse.Namespace, keys: tuple[VerifierKey, ...]) -> int:
    """A change of the log's key is followed where `--url` says who knows of it."""
    import httpx

    from holdfast.guard.ledger import witness, witness_door

    host, _, port = chosen.listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        return _fail("Say where to listen as HOST:PORT, e.g. 127.0.0.1:8790.")
    with httpx.Client(timeout=10, follow_redirects=False) as client:
        ask = witness.over_http(chosen.url, client)[0] if chosen.url else witness.nobody
        one = witness.Witness(folder=chosen.folder, name=chosen.name, origin=chosen.origin, keys=keys, ask=ask)
        try:
            witness.signer(one.folder, one.name)
            door = witness_door.serving(one, host=host.strip("[]"), port=int(port))
        except (witness.Refused, OSError) as error:
            return _fail(str(error))
        _say(f"Waiting for checkpoints of {chosen.origin} at {host}:{door.server_address[1]}{witness_door.PATH}.")
        try:
            door.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            door.server_close()
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(sentence: str) -> int:
    _say(sentence)
    return 1
