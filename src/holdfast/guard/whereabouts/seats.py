"""Where sessions are: noted when one begins and when its address changes, forgotten when none can be open any more."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network

from holdfast.guard.gate import session_mark
from holdfast.guard.whereabouts.models import Seat
from holdfast.kit.clock import now

_FORGOTTEN = timedelta(days=1)  # a session ends with its shift, at the latest after twelve hours


def take(*, session_key: str, agent_id: int, address: str, known: bool) -> None:
    """Note from where a session works. An address that is none is kept as none, and no network has it in it."""
    try:
        read = str(ip_address(address))
    except ValueError:
        read = None
    seat = Seat(session=session_mark(session_key), agent_id=agent_id, address=read, known=known, at=now())
    columns = ["agent_id", "address", "known", "at"]
    Seat.objects.bulk_create([seat], update_conflicts=True, unique_fields=["session"], update_fields=columns)


def prove(*, session_key: str, agent_id: int) -> None:
    """Note that the machine of a session was proven to be its person's."""
    Seat.objects.filter(session=session_mark(session_key), agent_id=agent_id).update(known=True)


def forget() -> int:
    """Remove what is of sessions that are long over; return how many."""
    return Seat.objects.filter(at__lt=now() - _FORGOTTEN).delete()[0]


def about(address: str) -> str:
    """Return the network an address is in, roughly (the first 24 bits, of IPv6 48): enough to recognise one's own."""
    try:
        read = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{read}/{24 if read.version == 4 else 48}", strict=False))
