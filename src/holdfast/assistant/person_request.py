"""Does the customer ask for a person? Runs first, outside any model, and is always honoured."""

from __future__ import annotations

import re

# Words for "a person" and for asking, per language, kept apart so that each list reads by itself.
_PEOPLE = {
    "en": (
        r"(?:real |live |actual |human )*"
        r"(?:person|human|human being|agent|representative|operator|someone|somebody|adviser|advisor|member of staff"
        r"|staff member|people|supervisor|manager)"
    ),
    "id": r"(?:orang(?: asli| sungguhan)?|manusia|petugas|agen|operator|cs|customer service|staf)",
    "pt": (
        r"(?:um |uma |algum |alguma )?"
        r"(?:pessoa(?: real| de verdade)?|humano|humana|atendente|agente|operador|operadora|alguém|alguem|gerente)"
    ),
}
_ASKING = {
    "en": (
        r"(?:talk|speak|chat|get|connect|transfer|put me through|pass me|hand me over|escalate|call)"
        r"(?: me)?(?: directly)?(?: to| with| through to)?(?: an?| the| your| some)?"
    ),
    "id": (
        r"(?:bicara|berbicara|ngobrol|chat|hubungkan|sambungkan|disambungkan|dihubungkan)"
        r"(?: saya)?(?: dengan| ke| sama)?(?: seorang| seseorang)?"
    ),
    "pt": (
        r"(?:falar|conversar|atendimento|me (?:transfira|passe|conecte)|transferir|quero|preciso de)"
        r"(?: com| para| por| de)?(?: o| a)?"
    ),
}
_ALONE = (
    r"0|#|agent|human|person|operator|representative|real person|live agent|customer service"
    r"|atendente|humano|pessoa|petugas|manusia|agen"
)
_PATTERN = re.compile(
    "|".join(rf"\b{_ASKING[language]} {_PEOPLE[language]}\b" for language in _ASKING)
    + r"|\b(?:need|want|prefer|is there|give me) an? (?:real |live |actual )?(?:person|human|agent|representative)\b"
    + r"|\b(?:not|no|stop) (?:a |the |this )?(?:bot|robot|chatbot|machine)\b|\bnot an? (?:ai|assistant)\b"
    + rf"|^\W*(?:{_ALONE})\W*(?:please|pls|por favor|tolong)?\W*$",
    re.IGNORECASE,
)


def asks_for_person(text: str) -> bool:
    """Return whether `text` asks for a human being, in any of the known languages.

    A phrase about people that is not a request ("a person stole my card") does not count: a verb of asking must lead.
    """
    return _PATTERN.search(" ".join(text.split())[:2000]) is not None
