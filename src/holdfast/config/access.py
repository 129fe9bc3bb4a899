"""`holdfast token` and `holdfast operator`: who may speak to the API, and whose assistants' signatures count."""

from __future__ import annotations

import argparse
import sys

from holdfast.intake import directories, operators, tokens
from holdfast.people.queries import employer_named, is_reference


def token(chosen: argparse.Namespace) -> int:
    """Create, list or revoke tokens. Returns the exit code."""
    try:
        if chosen.action == "create":
            if chosen.customer and not is_reference(chosen.customer):
                return _fail(f"There is no customer with the reference {chosen.customer}.")
            employer_id = employer_named(chosen.employer) if chosen.employer else None
            if chosen.employer and employer_id is None:
                return _fail(f"There is no employer named {chosen.employer}. The page Team lists them.")
            named = {"name": chosen.name, "customer": chosen.customer, "operator": chosen.operator}
            print(tokens.create(scopes=chosen.scope, employer_id=employer_id, **named))
        elif chosen.action == "revoke":
            tokens.revoke(chosen.name)
            print(f"Revoked {chosen.name}.", file=sys.stderr)
        else:
            for each in tokens.listed():
                state = "revoked" if each.revoked_at else "in force"
                whose = f"  for {each.customer}" if each.customer else ""
                whose += f" by {each.operator}" if each.operator else ""
                print(f"{each.name}  {', '.join(each.scopes)}{whose}  since {each.created_at:%Y-%m-%d}  {state}")
    except tokens.TokenError as error:
        return _fail(str(error))
    return 0


def operator(chosen: argparse.Namespace) -> int:
    """Add, switch or remove an operator, and list them all. Returns the exit code."""
    try:
        if chosen.action == "add":
            keys = chosen.keys.read_text(errors="replace") if chosen.keys else ""
            operators.add(name=chosen.name, url=chosen.url, keys=keys, own_network=chosen.own_network)
            if not keys:
                directories.read_due()
        elif chosen.action == "remove":
            operators.remove(name=chosen.name)
        elif chosen.action in {"on", "off"}:
            operators.switch(name=chosen.name, enabled=chosen.action == "on")
    except operators.OperatorRefused as refused:
        return _fail(refused.sentence)
    except OSError as error:
        return _fail(f"{chosen.keys} cannot be read: {error.strerror}.")
    for each in operators.listed():
        state = "on" if each.enabled else "off"
        keys = ", ".join(each.keys) or "none yet"
        print(f"{each.name}  {each.address}  {state}  keys: {keys}  {each.fault}".strip())
    return 0


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
