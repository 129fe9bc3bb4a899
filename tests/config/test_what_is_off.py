"""Doctor says in plain words which guards are off, and with which setting they are on."""

from __future__ import annotations

from typing import Any

from holdfast.config import what_is_off


def test_what_is_off_is_said_with_its_setting_and_what_is_on_is_not(settings: Any) -> None:
    settings.SECOND_FACTOR, settings.IDLE_MINUTES, settings.STEP_UP_MINUTES = "nobody", 0, 0
    settings.SESSIONS_AT_ONCE, settings.PASSWORD_WORDS, settings.SINGLE_SIGN_ON = 0, (), "Tidewater"
    settings.OIDC_ACR = settings.OIDC_AMR = ()
    said = list(what_is_off.findings())
    assert all(good for good, _ in said), "nothing of it is a fault"
    words = " ".join(sentence for _, sentence in said)
    for name in ("SECOND_FACTOR", "IDLE_MINUTES", "STEP_UP_MINUTES", "SESSIONS_AT_ONCE", "PASSWORD_WORDS", "OIDC_AMR"):
        assert f"HOLDFAST_{name}" in words
    settings.SECOND_FACTOR, settings.IDLE_MINUTES, settings.STEP_UP_MINUTES = "everybody", 45, 15
    settings.SESSIONS_AT_ONCE, settings.PASSWORD_WORDS, settings.OIDC_AMR = 5, ("bristol",), ("mfa",)
    assert [sentence for _, sentence in what_is_off.findings() if "virus" not in sentence] == []
