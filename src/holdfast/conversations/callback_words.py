"""What a customer is told about a callback, in their language; in English where we have no words of it."""

from __future__ import annotations

from datetime import datetime

from holdfast.kit.locales import said_in

_BOOKED = {
    "en": {
        "call": "We call you between {start} and {end} ({day}). You keep your place; you need not wait here.",
        "write": "We write to you between {start} and {end} ({day}). You keep your place; you need not wait here.",
    },
    "id": {
        "call": "Kami menelepon Anda antara {start} dan {end} ({day}). Tempat Anda tetap ada; Anda tidak perlu "
        "menunggu.",
        "write": "Kami menulis kepada Anda antara {start} dan {end} ({day}). Tempat Anda tetap ada; Anda tidak perlu "
        "menunggu.",
    },
    "pt": {
        "call": "Ligamos para você entre {start} e {end} ({day}). Seu lugar fica guardado; não precisa esperar aqui.",
        "write": "Escrevemos para você entre {start} e {end} ({day}). Seu lugar fica guardado; não precisa esperar "
        "aqui.",
    },
}
_CANCELLED = {
    "en": "You are no longer booked to be called back. You stand in line where you stood.",
    "id": "Panggilan balik dibatalkan. Anda kembali ke tempat Anda dalam antrean.",
    "pt": "O retorno foi cancelado. Você está de volta ao seu lugar na fila.",
}


def booked_words(locale: str, starts_at: datetime, ends_at: datetime, how: str) -> str:
    """Tell when somebody is called or written back; times in the zone they are given in."""
    words = said_in(_BOOKED, locale)[how]
    return words.format(start=f"{starts_at:%H:%M}", end=f"{ends_at:%H:%M}", day=f"{starts_at:%d.%m.}")


def cancelled_words(locale: str) -> str:
    """Tell that nothing is booked any more."""
    return said_in(_CANCELLED, locale)
