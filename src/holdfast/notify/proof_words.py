"""What a customer is told in the conversation when somebody asks them to prove who they are. The same for everybody."""

from __future__ import annotations

from holdfast.kit.locales import said_in

_ASK = {
    "en": "So that we can talk about your account, please show that it is you. If we have an e-mail address or "
    "number on file for you, a six-digit code is on its way there. Enter it here within 10 minutes, with nothing else.",
    "id": "Agar kami bisa membahas rekening Anda, mohon tunjukkan bahwa ini Anda. Jika kami memiliki alamat e-mail "
    "atau nomor Anda, kode enam angka sedang dikirim ke sana. Masukkan kode itu di sini dalam 10 menit, "
    "tanpa kata lain.",
    "pt": "Para falarmos da sua conta, mostre que é você. Se temos um e-mail ou número no seu cadastro, um código "
    "de seis dígitos está a caminho. Digite-o aqui em até 10 minutos, sem mais nada.",
}
_WRONG = {
    "en": "That is not the code. It has six digits and is in the newest mail or text message from us.",
    "id": "Itu bukan kodenya. Kode terdiri dari enam angka dan ada di e-mail atau SMS terbaru dari kami.",
    "pt": "Esse não é o código. Ele tem seis dígitos e está no e-mail ou SMS mais recente que enviamos.",
}
_OVER = {
    "en": "This code cannot be used any more. The person you talk to can have a new one sent.",
    "id": "Kode ini tidak dapat dipakai lagi. Petugas yang berbicara dengan Anda dapat mengirim kode baru.",
    "pt": "Este código não vale mais. A pessoa que fala com você pode pedir um novo.",
}


def ask_for_code(locale: str) -> str:
    """Return what is said when a code was sent."""
    return said_in(_ASK, locale)


def wrong_code(locale: str) -> str:
    """Return what is said to a wrong code."""
    return said_in(_WRONG, locale)


def over_code(locale: str) -> str:
    """Return what is said when there is no code left to try."""
    return said_in(_OVER, locale)
