"""How often one address may leave something here. Only hashes that change every day are counted, for an hour."""

from __future__ import annotations

from django.core.cache import cache
from django.utils import timezone
from django.utils.crypto import salted_hmac

WINDOW = 3600  # seconds


def first_time(what: str, address: str) -> bool:
    """Whether this address did this for the first time within the hour; notes that it did."""
    return bool(cache.add(f"knowledge:{_who(address)}:{what}", 1, WINDOW))


def within(what: str, address: str, *, most: int) -> bool:
    """Whether this address did such things at most `most` times within the hour, this one counted."""
    key = f"knowledge:{_who(address)}:{what}"
    cache.add(key, 0, WINDOW)
    try:
        return int(cache.incr(key)) <= most
    except ValueError:  # it ran out between the two
        return True


def _who(address: str) -> str:
    day = timezone.now().date().isoformat()
    return salted_hmac("knowledge.admission", f"{day} {address}").hexdigest()[:32]
