"""What the system itself says to a customer, in their language; in English where we have no words of it."""

from __future__ import annotations

from collections.abc import Sequence

_WORDS = {
    "en": {
        "in_line": "You are in line for a person. You keep your place if you close this window.",
        "deflected_chat": "You keep your place in line for a person. If this answers it, tell us below.",
        "deflected": "You stand in line for a person and keep your place. Does this answer it, or do you need a"
        " person? Tell us with one click: {link}",
        "offer": "You stand in line for a person and keep your place. You need not wait: choose a time, and we come"
        " back to you then.",
        "offer_too": "You need not wait: choose a time, and we come back to you then.",
        "own": "Your place, and other times: {link}",
    },
    "id": {
        "in_line": "Anda dalam antrean untuk berbicara dengan petugas. Tempat Anda tetap ada meskipun jendela ini"
        " ditutup.",
        "deflected_chat": "Tempat Anda dalam antrean tetap ada. Jika ini sudah menjawab, beri tahu kami di bawah.",
        "deflected": "Anda dalam antrean untuk petugas dan tempat Anda tetap ada. Apakah ini sudah menjawab, atau Anda"
        " memerlukan petugas? Beri tahu kami dengan satu klik: {link}",
        "offer": "Anda dalam antrean untuk petugas dan tempat Anda tetap ada. Anda tidak perlu menunggu: pilih waktu,"
        " dan kami menghubungi Anda pada waktu itu.",
        "offer_too": "Anda tidak perlu menunggu: pilih waktu, dan kami menghubungi Anda pada waktu itu.",
        "own": "Tempat Anda, dan waktu lain: {link}",
    },
    "pt": {
        "in_line": "Você está na fila para falar com uma pessoa. Seu lugar fica guardado mesmo se você fechar esta"
        " janela.",
        "deflected_chat": "Seu lugar na fila fica guardado. Se isto resolve, diga abaixo.",
        "deflected": "Você está na fila para falar com uma pessoa e seu lugar fica guardado. Isto resolve, ou você"
        " precisa de uma pessoa? Diga com um clique: {link}",
        "offer": "Você está na fila para falar com uma pessoa e seu lugar fica guardado. Não precisa esperar: escolha"
        " um horário, e voltamos a falar com você.",
        "offer_too": "Não precisa esperar: escolha um horário, e voltamos a falar com você.",
        "own": "Seu lugar, e outros horários: {link}",
    },
}


def in_line(locale: str) -> str:
    """Tell that a person comes."""
    return _words(locale)["in_line"]


def deflected_in_chat(locale: str, text: str) -> str:
    """Return a playbook's text with its way out; the chat has the buttons."""
    return f"{text}\n\n{_words(locale)['deflected_chat']}"


def in_writing(locale: str, *, text: str = "", times: Sequence[tuple[str, str]] = (), link: str) -> str:
    """Return what somebody gets who stands in line and is reached in writing.

    A playbook's `text` with its way out, if there is one; `times` to choose from, each with its own address; and the
    address of their own page.
    """
    words = _words(locale)
    parts = [text, words["deflected"].format(link=link)] if text else []
    if times:
        parts.append(words["offer_too" if text else "offer"])
        parts.append("\n".join(f"{time}: {address}" for time, address in times))
        parts.append(words["own"].format(link=link))
    return "\n\n".join(parts)


def _words(locale: str) -> dict[str, str]:
    return _WORDS.get(locale.replace("_", "-").split("-")[0].lower(), _WORDS["en"])
