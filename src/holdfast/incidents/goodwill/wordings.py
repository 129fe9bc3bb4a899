"""Words to begin with for the mail that carries a code: an apology, what it is, and that it asks for nothing back."""

from __future__ import annotations

BEGINNINGS: dict[str, tuple[str, str]] = {
    "en": (
        "We are sorry, and a small thank you",
        "Dear {name},\n\nwhat went wrong cost you time and patience, and we are sorry for that. Please accept {amount}."
        " Your code is {code}. It can be used once, until {until}, and asks for nothing in return:"
        " whatever you are owed stays yours.",
    ),
    "id": (
        "Permohonan maaf kami",
        "Yth. {name},\n\nGangguan kemarin menyita waktu dan kesabaran Anda, dan kami mohon maaf. Terimalah {amount}."
        " Kode Anda {code}. Kode ini berlaku satu kali hingga {until} tanpa syarat apa pun: semua hak Anda tetap utuh.",
    ),
    "pt-br": (
        "Pedimos desculpas",
        "Olá, {name},\n\no que aconteceu custou tempo e paciência, e pedimos desculpas por isso. Aceite {amount}."
        " Seu código é {code}. Ele vale uma vez, até {until}, e não exige nada em troca: tudo o que lhe é devido"
        " continua seu.",
    ),
}
