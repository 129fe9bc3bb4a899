"""Signing in at the company's own identity provider (OpenID Connect): for agents who were invited, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from requests import RequestException

log = structlog.get_logger(__name__)


class StaffSingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's rules for this house. No link is stored: each sign-in stands on the provider's verified address."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let somebody pass only as an agent of this house. Everybody else gets a page that says what to do."""
        signing_in = sociallogin.state.get("process") == AuthProcess.LOGIN
        if not (signing_in and sociallogin.is_existing and _is_one_person(sociallogin.account.extra_data)):
            log.warning("people.single_sign_on_refused", provider=sociallogin.account.provider)
            raise ImmediateHttpResponse(render(request, "people/not_invited.html", status=403))
        if not _is_strong(sociallogin.account.extra_data.get("id_token") or {}):
            log.warning("people.single_sign_on_too_weak", provider=sociallogin.account.provider)
            raise ImmediateHttpResponse(render(request, "people/too_weak.html", status=403))

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Take the provider's word for an address only where it is the plain word `true`: "false" is a text, too."""
        return _said_of_the_person(login.account.extra_data).get("email_verified") is True

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Agents are invited."""
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **why: Any) -> None:
        """Note what kind of error it was; its text may hold a code or an address."""
        error = why.get("exception")
        log.warning("people.single_sign_on_failed", error=type(error).__name__ if error else str(why.get("error")))


class _WithTheTokenItself(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Keeps the ID token as it came, which signing out at the provider wants to see again (`provider_logout`)."""

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Return the sign-in with the token in it."""
        login = super().complete_login(request, app, token, **kwargs)
        login.account.extra_data["raw"] = kwargs["response"].get("id_token", "")
        return login


def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Where the provider sends a browser back to: allauth's own view, on the adapter above."""
    try:
        return OAuth2CallbackView.adapter_view(_WithTheTokenItself(request, provider_id))(request)  # type: ignore[no-any-return]
    except SocialApp.DoesNotExist as none:
        raise Http404 from none


class ProviderAway:
    """Middleware: where the provider cannot be reached, a page says so and leaves the password and the passkey."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Change nothing."""
        return self._respond(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a provider that cannot be reached, or says what is no answer."""
        if not isinstance(exception, RequestException):
            return None
        log.warning("people.single_sign_on_away", error=type(exception).__name__)
        return render(request, "socialaccount/authentication_error.html", status=503)


def _said_of_the_person(data: dict[str, Any]) -> dict[str, Any]:
    """Return the details the provider gave where there are any, else its ID token."""
    said: dict[str, Any] = data.get("userinfo") or data.get("id_token") or {}
    return said


def _is_strong(token: dict[str, Any]) -> bool:
    """Tell whether the provider says that it looked as closely as is asked (OpenID Connect Core 1.0, 2; RFC 8176).

    Of each list that is set one has to be there; what it does not say it has not done.
    """
    used = token.get("amr")
    ways = {each for each in used if isinstance(each, str)} if isinstance(used, list) else set()
    return not (
        (settings.OIDC_ACR and token.get("acr") not in settings.OIDC_ACR)
        or (settings.OIDC_AMR and not ways & set(settings.OIDC_AMR))
    )


def _is_one_person(data: dict[str, Any]) -> bool:
    """OpenID Connect Core 1.0, 5.3.2: details of another subject than the ID token's must not be used."""
    token, details = data.get("id_token"), data.get("userinfo")
    if not token:
        return False
    return not details or bool(details.get("sub") == token.get("sub"))
