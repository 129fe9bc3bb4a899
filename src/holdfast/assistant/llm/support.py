"""Whether given words support a sentence. Lexical and strict: what is refused here is quoted, or a person answers.

It finds invented figures, names and links, changed units and dropped negations. It is no proof that a sentence is true.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.kit.locales import base_language
from holdfast.kit.plain_text import folded

LONGEST = 400
MIN_SHARED = 0.75
"""Share of a sentence's content words that stand in the passages it cites."""

_MARKUP = re.compile(r"[<>\[\]{}|`\\\n]|\*\*|__")
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]{1,15}://\S+|(?:mailto|tel|javascript|data):\S+|[^\s@]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
    r"|@\w{3,40}|\b[\w-]{1,63}(?:\.[\w-]{1,63})*\.[a-z][a-z-]{1,20}\b(?:[/?#:]\S*)?",
    re.IGNORECASE,
)
_NUMBER = r"\d+(?:[.,:/'’-]\d+)*"
_TOKEN = re.compile(rf"[€$£¥₹₽₩%‰]|{_NUMBER}|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")

_NEGATIONS = {
    "en": "not no never cannot nobody none nothing without neither nor",
    "id": "tidak tak bukan jangan belum tanpa",
    "pt": "não nunca nenhum nenhuma nada sem jamais",
    "es": "no nunca ningún ninguno ninguna nada sin jamás",
    "de": "nicht kein keine keinen keinem keiner keines nie niemals ohne nichts",
    "fr": "ne pas jamais aucun aucune sans rien",
    "it": "non mai nessun nessuno nessuna niente senza",
    "nl": "niet geen nooit niets zonder",
}
_COUNTS = {
    "en": "two three four five six seven eight nine ten eleven twelve",
    "id": "dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf",
}
_UNIT_WORDS = """
    second seconds minute minutes hour hours day days week weeks month months year years times percent cents euros
    detik menit jam hari minggu pekan bulan tahun kali persen
    segundo segundos minuto minutos hora horas dia dias día días semana semanas mês mes meses ano anos año años
    sekunde sekunden minuten stunde stunden tag tage tagen werktag werktage werktagen woche wochen monat monate
    jahr jahre prozent seconde secondes heure heures jour jours semaine semaines mois an ans année années fois
    secondo secondi minuti ora ore giorno giorni settimana settimane mese mesi anno anni volte
    minuut uur dag dagen weken maand maanden jaar keer
"""
_UNITS = frozenset(folded(word)[:6] for word in _UNIT_WORDS.split())
_SIGNS = frozenset("€$£¥₹₽₩%‰")


@dataclass(frozen=True, slots=True)
class _Words:
    """A text as a row of tokens: signs, numbers and words in lower case; number words are numbers."""

    tokens: tuple[str, ...]
    content: frozenset[str]

    @classmethod
    def of(cls, text: str, base: str) -> _Words:
        counts = {folded(word): str(n) for n, word in enumerate(_COUNTS.get(base, "").split(), start=2)}
        tokens = tuple(counts.get(token, token) for token in map(folded, _TOKEN.findall(text)))
        stems = {_stem(token) for token in tokens if len(token) >= 4 and token[0].isalpha()}
        pairs = {text[at : at + 2] for at in range(len(text) - 1) if all(map(_UNSPACED.match, text[at : at + 2]))}
        return cls(tokens, frozenset({stem for stem in stems if not _UNSPACED.match(stem)} | pairs))

    @property
    def numbers(self) -> frozenset[tuple[str, str]]:
        """Each number with the sign of money or per cent beside it, if there is one."""
        found = set()
        for at, token in enumerate(self.tokens):
            if token[0].isdigit():
                beside = self.tokens[max(at - 1, 0) : at] + self.tokens[at + 1 : at + 2]
                found.add((token, next((sign for sign in beside if sign in _SIGNS), "")))
        return frozenset(found)

    def after(self, number: str, *, within: int) -> frozenset[str]:
        """The stems of the words that follow `number` anywhere, up to the next number."""
        found: set[str] = set()
        for at in (at for at, token in enumerate(self.tokens) if token == number):
            for token in self.tokens[at + 1 : at + 1 + within]:
                if not token[0].isalpha():
                    break
                found.add(_stem(token))
        return frozenset(found)


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`."""
    return [sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip()]


def supported(sentence: str, passages: Sequence[str], *, language: str) -> bool:
    """Whether each fact of `sentence` stands in `passages`, and nearly all of its other words."""
    base = base_language(language)
    source = "\n".join(passages)
    if len(sentence) > LONGEST or _MARKUP.search(sentence) or not links(sentence) <= links(source):
        return False
    said, known = _Words.of(sentence, base), _Words.of(source, base)
    if not said.content or not said.numbers <= known.numbers or not _same_units(said, known):
        return False
    if not _proper_names(sentence, base) <= _all_names(source, base):
        return False
    if len(said.content & known.content) < MIN_SHARED * len(said.content):
        return False
    nearest = max(
        (part for passage in passages for part in sentences(passage)),
        key=lambda part: len(said.content & _Words.of(part, base).content),
    )
    return _negated(said, base) == _negated(_Words.of(nearest, base), base)


def links(text: str) -> frozenset[str]:
    """Return all that leads somewhere: addresses of pages and mail, bare domains, handles; in lower case."""
    return frozenset(found[0].rstrip(".,;:!?)'\"”’").lower() for found in _LINK.finditer(text))


def digits(text: str) -> frozenset[str]:
    """Return each number of `text` as its digits, so that separators may change from language to language."""
    return frozenset(re.sub(r"\D", "", found) for found in re.findall(_NUMBER, text))


def _stem(token: str) -> str:
    return token[:6]


def _same_units(said: _Words, known: _Words) -> bool:
    """Whether what is counted stands near the same number in the source: 3 days are not 3 hours."""
    for number, sign in said.numbers:
        near = known.after(number, within=4)
        if not said.after(number, within=3) & _UNITS <= near:
            return False
        following = said.after(number, within=1)
        if not sign and not all(stem in near or len(stem) < 3 for stem in following):
            return False
    return True


def _proper_names(sentence: str, base: str) -> frozenset[str]:
    """Words written like names: a capital inside the sentence, or more than one."""
    words = [found[0] for found in _TOKEN.finditer(sentence) if found[0][0].isalpha()]
    named = [word for at, word in enumerate(words) if (at and word[0].isupper()) or any(map(str.isupper, word[1:]))]
    return frozenset(_name(word, base) for word in named if word not in {"I", "I'm", "I'll", "I've"})


def _all_names(source: str, base: str) -> frozenset[str]:
    return frozenset(_name(found[0], base) for found in _TOKEN.finditer(source))


def _name(word: str, base: str) -> str:
    name = folded(re.sub(r"['’]s?$", "", word))
    return _stem(name) if base == "de" else name  # where all nouns have capitals, their endings may change


def _negated(words: _Words, base: str) -> bool:
    negations = set(map(folded, _NEGATIONS.get(base, "").split()))
    return any(token in negations or token.endswith(("n't", "n’t")) for token in words.tokens)
