"""What the system says to whoever stands in line, in their language; in English where we have no words of it."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.kit.locales import said_in

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
        "next": "A person reads this next. You stand in line and keep your place.",
        "place": "When this was written you were number {place} in line.",
        "wait": "At the pace of the last hour that takes {low} to {high} minutes.",
        "along": "So that you need not say it again, the person sees all of this, and what was tried: {tried}",
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
        "next": "Selanjutnya seorang petugas membaca pesan ini. Anda dalam antrean dan tempat Anda tetap ada.",
        "place": "Saat pesan ini ditulis Anda berada di nomor {place} dalam antrean.",
        "wait": "Dengan kecepatan satu jam terakhir itu memakan waktu {low} sampai {high} menit.",
        "along": "Agar Anda tidak perlu mengulang, petugas melihat semua ini dan apa yang sudah dicoba: {tried}",
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
        "next": "Uma pessoa lê isto em seguida. Você está na fila e seu lugar fica guardado.",
        "place": "Quando isto foi escrito, você era o número {place} da fila.",
        "wait": "No ritmo da última hora, isso leva de {low} a {high} minutos.",
        "along": "Para que você não precise repetir, a pessoa vê tudo isto e o que já foi tentado: {tried}",
    },
}


def in_line(locale: str, *, tried: str = "") -> str:
    """Tell in a chat that a person comes, and what goes along; place and wait are shown beside it, always fresh."""
    words = _words(locale)
    return "\n\n".join([words["in_line"], words["along"].format(tried=tried)] if tried else [words["in_line"]])


def deflected_in_chat(locale: str, text: str) -> str:
    """Return a playbook's text with its way out; the chat has the buttons."""
    return f"{text}\n\n{_words(locale)['deflected_chat']}"


def next_in_writing(locale: str, *, place: int, wait: tuple[int, int] | None, tried: str = "") -> str:
    """Tell in writing that a person reads it next: the place, the wait in minutes if known, what goes along."""
    words = _words(locale)
    said = [words["next"], words["place"].format(place=place)]
    said += [words["wait"].format(low=wait[0], high=wait[1])] if wait else []
    return "\n\n".join([" ".join(said), words["along"].format(tried=tried)] if tried else [" ".join(said)])


def in_writing(
    locale: str, *, text: str = "", first: str = "", times: Sequence[tuple[str, str]] = (), link: str
) -> str:
    """Return what somebody gets who stands in line and is reached in writing; empty when there is nothing to say.

    A playbook's `text` with its way out, or `first` (that a person reads it); `times` to choose from, each with its own
    address; and the address of their own page.
    """
    words = _words(locale)
    parts = [text, words["deflected"].format(link=link)] if text else [first] if first else []
    if first and not text and not times:
        parts.append(words["own"].format(link=link))
    if times:
        parts.append(words["offer_too" if parts else "offer"])
        parts.append("\n".join(f"{time}: {address}" for time, address in times))
        parts.append(words["own"].format(link=link))
    return "\n\n".join(parts)


def _words(locale: str) -> dict[str, str]:
    return said_in(_WORDS, locale)
