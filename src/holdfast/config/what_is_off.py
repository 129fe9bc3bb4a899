"""What `holdfast doctor` says of guards that are switched off, or were never switched on: nothing wrong, but plain."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from holdfast.kit import virus_scanner


def findings() -> Iterator[tuple[bool, str]]:
    """Give a sentence for each; none of them is a fault. A virus scanner that is set and does not answer is one."""
    if settings.CLAMD:
        there = virus_scanner.answers(address=settings.CLAMD)
        yield there, f"The virus scanner {'answers' if there else 'does not answer: files of customers are held'}."
    for is_off, sentence in _looked_at():
        if is_off:
            yield True, sentence


def _looked_at() -> Iterator[tuple[bool, str]]:
    yield (
        not settings.CLAMD,
        "No virus scanner looks through customers' files (HOLDFAST_CLAMD=unix:/run/clamav/clamd.ctl).",
    )
    yield (
        settings.SECOND_FACTOR == "nobody",
        "Nobody must have a second factor (HOLDFAST_SECOND_FACTOR=leads or everybody demands one).",
    )
    yield not settings.IDLE_MINUTES, "Idle sessions end after twelve hours only (HOLDFAST_IDLE_MINUTES=45)."
    yield (
        not settings.STEP_UP_MINUTES,
        "Cutting off, roles and files ask nobody to prove again who they are (HOLDFAST_STEP_UP_MINUTES=15).",
    )
    yield not settings.SESSIONS_AT_ONCE, "One person may have any number of sessions (HOLDFAST_SESSIONS_AT_ONCE=5)."
    yield (
        not settings.PASSWORD_WORDS,
        "Passwords may rest on words of your house other than its name (HOLDFAST_PASSWORD_WORDS=town,product).",
    )
    yield (
        bool(settings.SINGLE_SIGN_ON) and not (settings.OIDC_ACR or settings.OIDC_AMR),
        "The company's sign-in is taken however weak it was (HOLDFAST_OIDC_AMR=mfa asks for a second factor).",
    )
