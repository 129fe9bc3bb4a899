"""What the system itself says to a customer, in their language."""

from __future__ import annotations

_IN_LINE = {
    "en": "You are in line for a person. You keep your place if you close this window.",
    "id": "Anda dalam antrean untuk berbicara dengan petugas. Tempat Anda tetap ada meskipun jendela ini ditutup.",
    "pt": "Você está na fila para falar com uma pessoa. Seu lugar fica guardado mesmo se você fechar esta janela.",
}


def in_line(locale: str) -> str:
    """Tell that a person comes; in English where we have no words of the language."""
    return _IN_LINE.get(locale.replace("_", "-").split("-")[0].lower(), _IN_LINE["en"])
