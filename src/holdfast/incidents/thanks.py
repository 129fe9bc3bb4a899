"""What closes with an incident stays closed when all that comes is thanks. Anything else opens it again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from holdfast.incidents.models import Link

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_MOST_WORDS: Final = 14
_HANDS: Final = frozenset("👍🙏❤😊🙂\ufe0f\u200d🏻🏼🏽🏾🏿")
# One of these must be there …
_THANKS_IN: Final = {
    "en": "thanks thank thx ty cheers appreciated",
    "id": "kasih makasih trims",
    "pt": "obrigado obrigada valeu agradeço agradecida agradecido",
    "other": "danke merci gracias grazie bedankt dank",
}
# … and nothing but these. No word that turns a sentence round is among them.
_BESIDE_IN: Final = {
    "en": "you very much so a lot many for the your my our it it's is all everything now again fine good great perfect"
    " super ok okay yes and to team help quick fast answer reply update letting me us know works working solved fixed"
    " well done have nice day resolved that's that payment payments card app",
    "id": "terima banyak sudah ya baik oke semua bisa lagi kembali normal beres lancar atas bantuannya informasinya"
    " kabarnya selamat",
    "pt": "muito pela pelo ajuda resposta tudo certo bem está já agora de novo sim o e bom dia atenção retorno"
    " resolvido funciona funcionando",
    "other": "vielen schön sehr beaucoup muchas mille hartelijk je wel",
}
_THANKS: Final = frozenset(word for words in _THANKS_IN.values() for word in words.split())
_KNOWN: Final = _THANKS | {word for words in _BESIDE_IN.values() for word in words.split()}
_ENDING: Final = {
    "en": "Is it not solved for you? Answer this message and a person looks at it.",
    "id": "Belum selesai bagi Anda? Balas pesan ini dan seorang petugas akan memeriksanya.",
    "pt-br": "Não foi resolvido para você? Responda a esta mensagem e uma pessoa vai verificar.",
}


def ending_line(locale: str) -> str:
    """Return how somebody is told that it can be opened again, in the language of the text before it."""
    language = locale.split("-")[0]
    near = (key for key in _ENDING if key.split("-")[0] == language)
    return _ENDING[locale if locale in _ENDING else next(near, "en")]


def is_thanks(text: str) -> bool:
    """Tell whether a text is nothing but thanks. What is not understood is not, and neither is a question."""
    words = [word.casefold() for word in _WORD.findall(text)]
    if not words:
        return bool(_HANDS & set(text)) and all(mark in _HANDS or mark.isspace() for mark in text)
    return (
        "?" not in text
        and len(words) <= _MOST_WORDS
        and all(word in _KNOWN for word in words)
        and bool(_THANKS & set(words))
    )


def stay_closed(said: Sequence[tuple[UUID, str]]) -> set[UUID]:
    """Given conversations that a message just opened, with its text, return those to close again; in triage's batch.

    They were closed together with an incident, and all that came is thanks. The others count as open again.
    """
    if not said:
        return set()
    texts = dict(said)
    rows = Link.objects.filter(conversation_id__in=list(texts), unlinked_at=None, closed_at__isnull=False)
    closed = set(rows.values_list("conversation_id", flat=True))
    thanked = {id_ for id_ in closed if is_thanks(texts[id_])}
    if closed - thanked:
        rows.filter(conversation_id__in=closed - thanked).update(closed_at=None)
    return thanked
