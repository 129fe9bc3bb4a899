"""Who may be named for a person: who leads, and who signs in the role of an executive."""

from __future__ import annotations

from holdfast.incidents.outreach.contract import Executive
from holdfast.incidents.words import library
from holdfast.incidents.words.contract import Role
from holdfast.people.queries import is_here, leading, names_of


def people() -> list[Executive]:
    """Return everybody who may be one and is here, by name."""
    why = dict.fromkeys(leading(), "leads")
    for each in library.signatories():
        if each.role == Role.EXECUTIVE and is_here(each.agent_id):
            why[each.agent_id] = "executive"
    names = names_of(list(why))
    found = [Executive(id=id_, name=names[id_], why=reason) for id_, reason in why.items()]
    return sorted(found, key=lambda each: (each.why != "executive", each.name))


def is_one(agent_id: int) -> bool:
    """Tell whether somebody may be named for a person."""
    return agent_id in leading() or (is_here(agent_id) and Role.EXECUTIVE in library.roles_of(agent_id))
