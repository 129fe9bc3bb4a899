"""What values look like in what people write. Bounded repeats and no nesting, so a hostile text costs linear time."""

from __future__ import annotations

import re

from holdfast.guard.redaction import luhn_holds

_I = re.IGNORECASE
_DOT = r"(?:dot|punto|ponto|titik|punkt|point|punt)"
_IS = r"[ \t]*(?:(?:is|was|are|ist|war|es|é|era|est|adalah|yaitu|jest|=|:|->)[ \t]*){1,2}"
_NOT_A_VALUE = (
    r"(?!(?:not|no|wrong|incorrect|right|correct|lost|gone|blocked|locked|expired|forgotten|being|never|always|the|an?"
    r"|salah|benar|hilang|tidak|errad[ao]|incorret[ao]|falsch|nicht|faux|pas|mal|so|too|very|needed|required|invalid)\b)"
)

# Replaced as a whole, in this order.
WHOLE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[^\s@<>()\[\]\",;:]{1,64} ?@ ?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    (
        "email",
        re.compile(
            rf"[\w.+-]{{1,64}} ?[(\[{{] ?(?:at|arroba|@) ?[)\]}}] ?[\w.-]{{1,80}}"
            rf"(?: ?[(\[{{]? ?{_DOT} ?[)\]}}]? ?[\w-]{{1,30}}){{0,4}}",
            _I,
        ),
    ),
    (
        "email",
        re.compile(
            rf"(?:[\w+-]{{1,40}} {_DOT} ){{0,3}}[\w.+-]{{1,64}} (?:at|arroba) [\w-]{{1,63}}"
            rf"(?: {_DOT} [\w-]{{1,30}}){{1,4}}",
            _I,
        ),
    ),
    ("link", re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.)[^\s<>\"']{1,2000}", _I)),
    ("link", re.compile(r"\b[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}/[^\s<>\"']{1,2000}")),
    ("handle", re.compile(r"(?<![\w@])@\w{3,40}")),
)

# Only the group `value` is replaced.
_WORDS_FOR_IT = r"password|passwort|passcode|passphrase|sandi|senha|contraseña|clave|mot de passe|wachtwoord|пароль"
AFTER_A_WORD: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("secret", re.compile(rf"(?:{_WORDS_FOR_IT}){_IS}{_NOT_A_VALUE}(?P<value>[^\s]{{2,100}})", _I)),
    (
        "secret",
        re.compile(
            rf"\b(?:code|kode|código|codigo|token|otp|pin|tan|key){_IS}(?P<value>(?=[^\s\d]{{0,30}}\d)[^\s]{{2,100}})",
            _I,
        ),
    ),
    (
        "secret",
        re.compile(r"\b(?:cvv2?|cvc2?|cvn|pin|csc|security code)\b[^\d\n]{0,15}(?P<value>\d{3,4})(?!\d)", _I),
    ),
)

IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}(?!\w)", _I)

_STREET = r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|square|sq|terrace|place|crescent"
PLACES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("address", re.compile(rf"\b\d{{1,5}}[a-z]?,? (?:[^\W\d]['\w-]{{1,30}} ){{1,4}}(?:{_STREET})\b\.?", _I)),
    (
        "address",
        re.compile(
            r"\b(?:jl\.?|jln\.?|jalan|gang|gg\.|rua|avenida|av\.|travessa|alameda|calle|via|viale|piazza|ul\.|ulica|ул\.)"
            r" ?(?:[^\W\d][\w'.-]{0,30},? ){0,6}?(?:[^\W\d][\w'-]{0,30},? ?)?(?:(?:no|nº|n°|nr|nomor|número)\.? ?)?"
            r"\d{1,5}[a-z]?\b",
            _I,
        ),
    ),
    (
        "address",
        re.compile(
            r"\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai)"
            r"(?: [^\W\d][\w'’-]{0,30}){1,6}",
            _I,
        ),
    ),
    (
        "address",
        re.compile(
            r"\b[^\W\d][\w-]{1,40}(?:straße|strasse|str\.|weg|platz|gasse|allee|laan|straat|gatan|gade|vej)"
            r" \d{1,4} ?[a-z]?\b",
            _I,
        ),
    ),
)

MIXED = re.compile(r"(?<![\w+/-])[A-Za-z0-9][\w+/=-]{3,}")
"""One word that may hold letters and digits: references, hashes, keys, base64."""

DIGITS = re.compile(r"[+(]{0,2}\d(?:(?:[^\w\U000F0000-\U000FFFFF]|_){0,3}\d)*")
"""Digits with at most three signs between two of them, across lines too."""

DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})")

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine oh double triple "
    "nol kosong satu dua tiga empat lima enam tujuh delapan sembilan "
    "um uma dois duas três tres quatro cinco seis meia sete oito nove "
    "cero uno dos cuatro siete ocho nueve "
    "null eins zwei zwo drei vier fünf sechs sieben acht neun "
    "zéro un deux trois quatre cinq six sept huit neuf "
    "due tre quattro cinque sei sette otto nove nul een twee drie vijf zes zeven negen"
)
_ONE = "(?:" + "|".join(sorted(set(_NUMBER_WORDS.split()), key=len, reverse=True)) + ")"
SPELLED = re.compile(rf"\b{_ONE}(?:[ ,.-]{{1,3}}{_ONE}){{3,}}\b", _I)

NAMED_ANY_CASE = (
    re.compile(
        r"\b(?:my (?:full )?name(?:'s| is)|name ?:|nama (?:lengkap )?saya(?: adalah)?|nama ?:|meu nome é|me chamo"
        r"|mi nombre es|me llamo|ich heiße|mein name ist|je m'appelle|mon nom est|mi chiamo|mijn naam is"
        r"|ik heet|меня зовут|nazywam się) (?P<value>[^\W\d_][^\W\d_'’-]{1,30}(?: [^\W\d_][^\W\d_'’-]{1,30})?)",
        _I,
    ),
)
_JOINING = "and i my from with here but dan saya dari e eu y und ich et en и"
NO_NAMES = frozenset(_JOINING.split())
_UP_TO_FOUR = r"(?P<value>[^\W\d_][\w'’.-]{1,30}(?: [^\W\d_][\w'’.-]{1,30}){0,3})"
NAMED = (
    *NAMED_ANY_CASE,
    re.compile(
        rf"\b(?:I am|I'm|i am|i'm|[Tt]his is|[Ss]aya|[Ss]ou|[Ss]oy|[Ii]ch bin|[Jj]e suis|[Ss]ono|[Mm]rs?\.?|[Mm]s\.?|"
        rf"[Bb]apak|[Ii]bu|[Ss]enhora?|[Hh]err|[Ff]rau) {_UP_TO_FOUR}"
    ),
    re.compile(
        r"\b(?:regards|wishes|sincerely|thanks|thank you|cheers|salam|kasih|obrigad[oa]|atenciosamente|abraços|saludos"
        r"|gracias|grüßen|grüße|danke|merci|cordialement|saluti|grazie|groet|groeten)[ ,.!]{0,3}\n[ \n]{0,3}"
        rf"{_UP_TO_FOUR}",
        _I,
    ),
)


def card_end(written: str) -> int:
    """Return where a card number at the beginning of `written` ends, before its end date and check value; else 0."""
    places = [at for at, character in enumerate(written) if character.isdigit()]
    for length in (16, 15, 19, 18, 17, 14, 13):
        if len(places) > length and places[length] > places[length - 1] + 1:
            end = places[length - 1] + 1
            if luhn_holds("".join(filter(str.isdigit, written[:end]))):
                return end
    return 0


_CURRENCY = (
    r"(?:[€$£¥₹₽₩₫₱฿]|(?:R\$|Rp\.?|EUR|USD|GBP|IDR|BRL|CHF|SGD|AUD|euros?|dollars?|dólares|reais|rupiah|pounds)\b)"
)
_BEFORE = re.compile(r"(?:[€$£¥₹₽₩₫₱฿]|\b(?:Rp\.?|EUR|USD|GBP|IDR|BRL|CHF|SGD|AUD)) ?$", _I)
_AFTER = re.compile(rf" ?{_CURRENCY}", _I)
_AMOUNT = re.compile(r"\d{1,3}(?:[., ]\d{3}){1,2}(?:[.,]\d{2})?|\d{1,7}(?:[.,]\d{1,2})?")


def is_amount(found: re.Match[str]) -> bool:
    """Whether these digits are an amount of money: a currency stands beside them, and they are not too many."""
    before = found.string[max(found.start() - 5, 0) : found.start()]
    return bool(_AMOUNT.fullmatch(found[0]) and (_BEFORE.search(before) or _AFTER.match(found.string, found.end())))
