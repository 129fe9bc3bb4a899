"""What the ladder says to people, in their language; in English where we have no words of it. Every text has a way out.

`{link}` is the person's own page: it shows their place, takes answers and appeals.
"""

from __future__ import annotations

from holdfast.kit.locales import base_language, said_in
from holdfast.shield.evidence import Friction

_WORDS: dict[str, dict[Friction, str]] = {
    "en": {
        Friction.CONFIRM_TOPIC: "Very many people write to us at once. Do you still need help with this? Answer with"
        " yes or no, here or at {link}. Your place in line is kept.",
        Friction.CONFIRM_CHANNEL: "Very many people write to us at once. Please confirm with one click that it was you"
        " who wrote: {link}. Your place in line is kept.",
        Friction.CALLBACK: "Very many people write to us at once. You need not wait: choose a time and we come back to"
        " you: {link}. Your place in line is kept.",
        Friction.ASYNCHRONOUS: "Very many people write to us at once. We have what you wrote and answer it in writing."
        " You need not wait here.",
    },
    "id": {
        Friction.CONFIRM_TOPIC: "Banyak sekali orang menghubungi kami saat ini. Apakah Anda masih memerlukan bantuan?"
        " Jawab ya atau tidak, di sini atau di {link}. Tempat Anda dalam antrean tetap ada.",
        Friction.CONFIRM_CHANNEL: "Banyak sekali orang menghubungi kami saat ini. Mohon pastikan dengan satu klik bahwa"
        " Anda yang menulis: {link}. Tempat Anda dalam antrean tetap ada.",
        Friction.CALLBACK: "Banyak sekali orang menghubungi kami saat ini. Anda tidak perlu menunggu: pilih waktu dan"
        " kami akan menghubungi Anda: {link}. Tempat Anda dalam antrean tetap ada.",
        Friction.ASYNCHRONOUS: "Banyak sekali orang menghubungi kami saat ini. Pesan Anda sudah kami terima dan kami"
        " jawab secara tertulis. Anda tidak perlu menunggu di sini.",
    },
    "pt": {
        Friction.CONFIRM_TOPIC: "Muitas pessoas nos escrevem ao mesmo tempo. Você ainda precisa de ajuda com isto?"
        " Responda sim ou não, aqui ou em {link}. Seu lugar na fila fica guardado.",
        Friction.CONFIRM_CHANNEL: "Muitas pessoas nos escrevem ao mesmo tempo. Confirme com um clique que foi você quem"
        " escreveu: {link}. Seu lugar na fila fica guardado.",
        Friction.CALLBACK: "Muitas pessoas nos escrevem ao mesmo tempo. Não precisa esperar: escolha um horário e nós"
        " voltamos a falar com você: {link}. Seu lugar na fila fica guardado.",
        Friction.ASYNCHRONOUS: "Muitas pessoas nos escrevem ao mesmo tempo. Recebemos o que você escreveu e respondemos"
        " por escrito. Não precisa esperar aqui.",
    },
}
_APPEAL = {
    "en": "Is this wrong, and you need a person? Say so at {link}.",
    "id": "Apakah ini keliru, dan Anda memerlukan petugas? Beri tahu kami di {link}.",
    "pt": "Isto está errado, e você precisa de uma pessoa? Diga em {link}.",
}


_PAGE = {
    "en": {
        "title": "Your place in line",
        "helps": "Does what we wrote first answer it?",
        "answered": "That answers it",
        "person": "I still need a person",
        "settled": "Thank you. Your matter is closed; write again and it opens.",
        "change": "Or choose another time. You keep your place.",
        "time": "Shall we come back to you between {start} and {end}? You keep your place.",
        "promise": "Yes, at that time",
        "used": "That link was used before. Your own page shows what is promised.",
        "own": "Your place and other times",
        "gone": "You do not stand in line any more. We have what you wrote.",
        "place": "You are number {place} of {waiting}.",
        "wait": "About {low} to {high} minutes.",
        "unknown": "We cannot say yet how long it takes.",
        "question": "Do you still need help with this?",
        "yes": "Yes",
        "no": "No, it is settled",
        "thanks": "Thank you. We have your answer.",
        "booked": "We come back to you between {start} and {end}.",
        "unbook": "Rather wait in line",
        "later": "We can come back to you at a time you choose. You keep your place.",
        "taken": "That time has just been taken. Choose another one.",
        "appeal": "Is something wrong here, and you need a person?",
        "say": "This is wrong, I need a person",
        "heard": "We have noted it. You are asked nothing more, and stand where you came.",
    },
    "id": {
        "title": "Tempat Anda dalam antrean",
        "helps": "Apakah jawaban awal kami sudah cukup?",
        "answered": "Sudah menjawab",
        "person": "Saya tetap memerlukan petugas",
        "settled": "Terima kasih. Masalah Anda ditutup; tulis lagi untuk membukanya.",
        "change": "Atau pilih waktu lain. Tempat Anda tetap ada.",
        "time": "Kami menghubungi Anda antara {start} dan {end}? Tempat Anda tetap ada.",
        "promise": "Ya, pada waktu itu",
        "used": "Tautan itu sudah dipakai. Halaman Anda menunjukkan apa yang dijanjikan.",
        "own": "Tempat Anda dan waktu lain",
        "gone": "Anda tidak lagi dalam antrean. Pesan Anda sudah kami terima.",
        "place": "Anda nomor {place} dari {waiting}.",
        "wait": "Sekitar {low} sampai {high} menit.",
        "unknown": "Kami belum dapat mengatakan berapa lama.",
        "question": "Apakah Anda masih memerlukan bantuan?",
        "yes": "Ya",
        "no": "Tidak, sudah selesai",
        "thanks": "Terima kasih. Jawaban Anda sudah kami terima.",
        "booked": "Kami menghubungi Anda antara {start} dan {end}.",
        "unbook": "Lebih baik menunggu dalam antrean",
        "later": "Kami dapat menghubungi Anda pada waktu yang Anda pilih. Tempat Anda tetap ada.",
        "taken": "Waktu itu baru saja diambil. Pilih waktu lain.",
        "appeal": "Ada yang keliru, dan Anda memerlukan petugas?",
        "say": "Ini keliru, saya memerlukan petugas",
        "heard": "Sudah kami catat. Anda tidak ditanya lagi, dan tempat Anda sesuai waktu Anda datang.",
    },
    "pt": {
        "title": "Seu lugar na fila",
        "helps": "O que escrevemos primeiro resolve?",
        "answered": "Isto resolve",
        "person": "Ainda preciso de uma pessoa",
        "settled": "Obrigado. Seu assunto está fechado; escreva de novo para abri-lo.",
        "change": "Ou escolha outro horário. Seu lugar fica guardado.",
        "time": "Voltamos a falar com você entre {start} e {end}? Seu lugar fica guardado.",
        "promise": "Sim, nesse horário",
        "used": "Esse link já foi usado. Sua página mostra o que está prometido.",
        "own": "Seu lugar e outros horários",
        "gone": "Você não está mais na fila. Recebemos o que você escreveu.",
        "place": "Você é o número {place} de {waiting}.",
        "wait": "Cerca de {low} a {high} minutos.",
        "unknown": "Ainda não sabemos quanto tempo leva.",
        "question": "Você ainda precisa de ajuda com isto?",
        "yes": "Sim",
        "no": "Não, está resolvido",
        "thanks": "Obrigado. Recebemos sua resposta.",
        "booked": "Voltamos a falar com você entre {start} e {end}.",
        "unbook": "Prefiro esperar na fila",
        "later": "Podemos voltar a falar com você no horário que escolher. Seu lugar fica guardado.",
        "taken": "Esse horário acabou de ser ocupado. Escolha outro.",
        "appeal": "Algo está errado, e você precisa de uma pessoa?",
        "say": "Isto está errado, preciso de uma pessoa",
        "heard": "Anotado. Não perguntamos mais nada, e você fica no lugar em que chegou.",
    },
}


def page_words(locale: str) -> tuple[str, dict[str, str]]:
    """Return the language of somebody's page, and its words."""
    language = base_language(locale)
    return (language, _PAGE[language]) if language in _PAGE else ("en", _PAGE["en"])


def asking(kind: Friction, *, locale: str, link: str) -> str:
    """Return what a step says, with the way to appeal."""
    words, appeal = said_in(_WORDS, locale), said_in(_APPEAL, locale)
    return f"{words[kind].format(link=link)}\n\n{appeal.format(link=link)}"
