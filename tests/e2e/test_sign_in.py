"""Getting in with a real browser: a passkey from first touch to sign-in, an authenticator app, recovery codes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Visitors

from holdfast.people import accounts
from holdfast.people.models import Agent

pytestmark = pytest.mark.browser
PASSWORD = "tern gannet petrel fulmar"
# A passkey kept on the device, which asks for a finger: what a laptop or a phone has built in.
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def ana(transactional_db: None) -> Agent:
    return accounts.create_agent(email="ana@desk.example", name="Ana Ruiz", password=PASSWORD)


def a_page(visitors: Visitors) -> Page:
    """A page at `localhost`, which browsers treat as secure; passkeys need that, and a name instead of a number."""
    return visitors.page(base_url=visitors.server.url.replace("127.0.0.1", "localhost"))


def sign_in(page: Page, *, leads_to: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Work email").fill("ana@desk.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(leads_to)


def open_confirmed(page: Page, path: str) -> None:
    """Open a page that changes how one signs in: it asks for the password once more."""
    page.goto(path)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(path)


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url("/accounts/login/")


def with_device(page: Page) -> Any:
    """Give the page's browser an authenticator of its own."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    identifier = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    return lambda: devtools.send("WebAuthn.getCredentials", {"authenticatorId": identifier})["credentials"]


def test_a_passkey_from_its_making_to_signing_in_with_it_alone(visitors: Visitors, ana: Agent) -> None:
    page = a_page(visitors)
    on_device = with_device(page)
    sign_in(page, leads_to="/desk/")
    open_confirmed(page, "/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/accounts/2fa/**recovery**")
    assert [credential["isResidentCredential"] for credential in on_device()] == [True]
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("main")).to_contain_text("Work laptop")

    sign_out(page)
    page.get_by_role("button", name="Continue with a passkey").click()
    expect(page).to_have_url("/desk/")
    assert on_device()[0]["signCount"] > 0
    assert Authenticator.objects.get(user=ana, type="webauthn").last_used_at is not None

    sign_out(page)
    sign_in(page, leads_to="/accounts/2fa/authenticate/")
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page).to_have_url("/desk/")


def test_an_authenticator_app_and_its_recovery_codes_open_the_account(visitors: Visitors, ana: Agent) -> None:
    page = a_page(visitors)
    sign_in(page, leads_to="/desk/")
    open_confirmed(page, "/accounts/2fa/totp/activate/")
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Switch on").click()
    page.wait_for_url("**/recovery-codes/**")
    recovery = Authenticator.objects.get(user=ana, type="recovery_codes").wrap().get_unused_codes()
    page.goto("/accounts/2fa/recovery-codes/")
    expect(page.get_by_role("main")).to_contain_text(recovery[0])

    sign_out(page)
    sign_in(page, leads_to="/accounts/2fa/authenticate/")
    page.get_by_role("textbox").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Incorrect code.")
    page.get_by_role("textbox").fill(recovery[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url("/desk/")


def code_of(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    code: str = format_hotp_value(hotp_value(secret, int(time.time() // 30)))
    return code
