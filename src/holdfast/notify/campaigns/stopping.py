"""STOP and START as answers to our text messages: whoever says so is heeded at once, by every stream but legal notices.

Only a text that is such a word and nothing else counts: "please stop declining my card" is for a person to read. The
English words are those that carriers require (CTIA's messaging principles); the others are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db import transaction

from holdfast.guard.keys import blind_index, normalise
from holdfast.notify.campaigns.adding import INDEX_KINDS, usable
from holdfast.notify.campaigns.models import Channel, Suppression
from holdfast.notify.campaigns.suppression import suppress_many

_STOP: Final = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
STOP: Final = frozenset(_STOP | {"berhenti", "parar", "pare", "sair", "cancelar"})
START: Final = frozenset({"start", "unstop", "mulai", "voltar"})
_ended: list[Callable[[bytes], None]] = []


def plug(ended: Callable[[bytes], None]) -> None:
    """Call `ended` with the blind index of each number that says stop, in the same transaction."""
    if ended not in _ended:
        _ended.append(ended)


@transaction.atomic
def heard(*, phone: str, text: str) -> str:
    """Heed a text message that came in: return `stopped`, `started`, or nothing when it is neither of these words."""
    word = "".join(each for each in text.lower() if each.isalnum())
    phone = normalise("phone", phone)
    if word not in STOP | START or not usable(Channel.SMS, phone):
        return ""
    index = blind_index(INDEX_KINDS[Channel.SMS], phone)
    if word in START:
        Suppression.objects.filter(index=index, reason=Suppression.Reason.UNSUBSCRIBED).delete()
        return "started"
    suppress_many([index], reason=Suppression.Reason.UNSUBSCRIBED, note=word)
    for ended in _ended:
        ended(index)
    return "stopped"


def has_stopped(index: bytes) -> bool:
    """Tell whether somebody wants no text messages at all; `index` is the blind index of the number."""
    return Suppression.objects.filter(index=index, reason=Suppression.Reason.UNSUBSCRIBED, stream="").exists()
