"""Every setting, read from `HOLDFAST_*` (and `DATABASE_URL`), with its default and meaning."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from holdfast.config.worker_metrics import place_of
from holdfast.kit.virus_scanner import is_address

Networks = Annotated[
    tuple[IPv4Network | IPv6Network, ...],
    NoDecode,
    BeforeValidator(lambda said: [part.strip() for part in said.split(",") if part.strip()] if said else ()),
]

Listed = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(lambda said: [part.strip() for part in said.split(",") if part.strip()] if said else ()),
]

Paced = Literal["receipts:read", "metrics:read", "goodwill:redeem", "ledger:read"]

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Options(BaseSettings):
    """Settings of one Holdfast process. Unknown `HOLDFAST_*` names are ignored; bad values are an error."""

    model_config = SettingsConfigDict(env_prefix="HOLDFAST_", extra="ignore", populate_by_name=True)

    data: Path = Field(Path(".holdfast"), description="Data directory: database, blobs, spool, keys. Mode 0700.")
    database_url: str = Field(
        "",
        validation_alias=AliasChoices("DATABASE_URL", "HOLDFAST_DATABASE_URL"),
        description="PostgreSQL 15 or later. Empty: the embedded server.",
    )
    host: str = Field("127.0.0.1", description="Address the web process listens on.")
    port: int = Field(8000, description="Port the web process listens on.")
    public_url: str = Field("", description="How people reach this server, e.g. https://help.example.com.")
    trusted_proxies: Networks = Field(
        (), description="Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed, with commas."
    )
    secret_key: str = Field("", description="Signs sessions and links. Empty: kept in the data directory.")
    seal_keys: str = Field("", description="Keys of sealed values, `id:base64,...`. Empty: kept in the data directory.")
    ledger_key: SecretStr = Field(
        SecretStr(""), description="Signs the log of reveals. Empty: kept in the data directory. One for all workers."
    )
    ledger_origin: str = Field(
        "", pattern=r"^[!-*,-~]{0,200}$", description="The log's name in its checkpoints. Empty: by the public URL."
    )
    oidc_issuer: str = Field("", description="The company's identity provider, e.g. https://login.example.com.")
    oidc_client_id: str = Field("", description="This installation's name at the identity provider.")
    oidc_client_secret: str = Field("", description="Its secret there.")
    oidc_acr: Listed = Field(
        (), description="Classes of sign-in (acr) of which the provider must have used one, with commas."
    )
    oidc_amr: Listed = Field(
        (), description="Ways of proof (amr, RFC 8176) of which the provider must have used one: mfa,hwk."
    )
    oidc_name: str = Field("your company account", description='What the button says after "Continue with".')
    second_factor: Literal["nobody", "leads", "everybody"] = Field(
        "nobody", description="Who must have a passkey or an authenticator app; leads: everybody but agents."
    )
    step_up_minutes: int = Field(
        15, ge=0, le=720, description="Minutes after which what is grave asks who one is once more; 0: it never asks."
    )
    token_rates: dict[Paced, Annotated[int, Field(gt=0, le=1_000_000)]] = Field(
        default_factory=dict,
        description='How often a minute one token may use a scope, as JSON: {"receipts:read": 60}.',
    )
    password_words: Listed = Field(
        (), description="Further words of your house that passwords do not rest on: town, products, with commas."
    )
    sessions_at_once: int = Field(
        5, ge=0, le=100, description="Browsers one person is signed in with at a time; the oldest ends. 0: any number."
    )
    hsts_subdomains: bool = Field(False, description="Promise browsers https for every name below the public one too.")
    idle_minutes: int = Field(
        45, ge=0, le=720, description="Minutes without a person's act after which a session ends; 0: only 12 hours."
    )
    debug: bool = Field(False, description="Django's debug pages. Never in production.")
    demo: bool = Field(False, description="Show the demo bank's pages and sign-ins.")
    log_json: bool = Field(True, description="Logs as JSON lines; false: for reading in a terminal.")
    max_text_bytes: int = Field(1_000_000, description="Longest text of one contact, in bytes of UTF-8.")
    max_body_bytes: int = Field(2_000_000, description="Longest body of one request at the door, in bytes.")
    max_pending: int = Field(20_000, description="Contacts waiting for their commit before the door answers 503.")
    worker_metrics: str = Field(
        "", description="Loopback address where a worker serves /metrics, e.g. 127.0.0.1:9101; empty: nowhere."
    )
    smtp_host: str = Field("127.0.0.1", description="Address of the SMTP receiver.")
    smtp_port: int = Field(0, description="Port of the SMTP receiver; 0 switches it off.")
    max_mail_bytes: int = Field(35 * 2**20, description="Longest mail accepted over SMTP, in bytes.")
    mail_domain: str = Field("support.localhost", description="Domain of this desk's own mail addresses.")
    canary_domain: str = Field(
        "",
        description="Domain whose mail comes here too and that is published nowhere: addresses of made-up customers.",
    )
    country: str = Field(
        "DE",
        pattern="^[A-Z]{2}$",
        description="Country of your customers' accounts: those of made-up customers look so.",
    )
    canary_phones: Listed = Field(
        (),
        description="Telephone numbers that you listen at and nobody else is given, for made-up customers, by commas.",
    )
    mail_from: str = Field("Support <support@support.localhost>", description="Sender of replies.")
    email_url: str = Field("", description="Outgoing mail, smtp://user:password@host:port?tls=starttls (or ssl).")
    email_backend: str = Field("", description="A Django e-mail backend, e.g. anymail.backends.mailgun.EmailBackend.")
    anymail: dict[str, str] = Field(
        default_factory=dict, description='Settings of a mail provider as JSON, e.g. {"MAILGUN_API_KEY": "..."}.'
    )
    campaign_connections: int = Field(
        4, ge=1, le=64, description="Connections to the mail server, and to webhooks, that a sender of campaigns keeps."
    )
    campaign_two_people: int = Field(
        100, ge=0, description="Recipients above which nobody approves a campaign that they wrote themselves."
    )
    campaign_rates: dict[str, Annotated[float, Field(gt=0, le=1_000_000)]] = Field(
        default_factory=dict, description='Messages a second by channel, as JSON: {"email": 200, "sms": 20}.'
    )
    campaign_costs: dict[str, Price] = Field(
        default_factory=dict, description='What a message costs by channel, as JSON: {"email": 0.0004, "sms": 0.06}.'
    )
    sms_url: str = Field("", description="Gateway for text messages: takes a POST with JSON {id, to, text}.")
    sms_key: SecretStr = Field(SecretStr(""), description="Bearer key for it.")
    sms_hooks_secret: SecretStr = Field(
        SecretStr(""), description="Bearer key with which the gateway hands on STOP at /hooks/sms/, or empty: closed."
    )
    mail_hooks_secret: SecretStr = Field(
        SecretStr(""),
        description="user:password that the mail provider signs in with at /hooks/mail/, or empty: closed.",
    )
    webhooks_inside: bool = Field(False, description="Subscribers' webhooks may lead to private addresses.")
    status_export: Path | None = Field(
        None, description="Folder where the worker keeps a copy of the status page as files; empty: nowhere."
    )
    imap_url: str = Field("", description="Mailbox to read: imaps://user:password@host:port/INBOX, or empty.")
    clamd: str = Field(
        "", description="Virus scanner, ClamAV's daemon: unix:/run/clamav/clamd.ctl or host:port; empty: none."
    )
    dialler_url: str = Field(
        "", description="Dialler that calls customers for agents: takes a POST with JSON {to, agent, case, id}."
    )
    dialler_key: SecretStr = Field(SecretStr(""), description="Bearer key for it.")
    operations_url: str = Field("", description="Base URL of the company's operations service, or empty.")
    operations_token: str = Field("", description="Bearer token for the operations service.")
    semantic: bool = Field(True, description="Install and use the model of English sentences, MiniLM (about 250 MB).")
    llm_url: str = Field("", description="Base URL of an OpenAI-compatible language model, or empty: none is used.")
    llm_model: str = Field("", description="The model's name there.")
    llm_key: SecretStr = Field(SecretStr(""), description="Bearer key for it.")
    llm_deadline: float = Field(4.0, gt=0, le=60, description="Seconds one call may take, all in all.")
    llm_price_in: Price = Field(0.0, description="What a million tokens read cost.")
    llm_price_out: Price = Field(0.0, description="What a million tokens written cost.")
    llm_max_cost: Price = Field(0.05, description="What the model may cost in one conversation.")
    llm_concurrency: int = Field(4, ge=1, le=256, description="Calls at a time and process; none waits for a place.")
    assistant_deadline_chat: float = Field(
        8.0, gt=0, le=600, description="Seconds without a word from the assistant after which people see a chat."
    )
    assistant_deadline_mail: float = Field(
        60.0, gt=0, le=3_600, description="The same for what is written by mail or a form."
    )
    cost_agent_minute: Price = Field(0.75, description="What a minute of a person at the line costs, all included.")
    cost_contact: Price = Field(0.04, description="What providers take for each contact.")
    cost_contact_minute: Price = Field(0.02, description="What providers take for each minute of a conversation.")
    cost_gave_up: Price = Field(0.0, description="What it costs that a customer in need gives up; 0: not counted.")
    currency: str = Field("EUR", max_length=8, description="The currency of these costs, as the bridge writes it.")
    service_level: float = Field(0.8, gt=0, lt=1, description="Share of contacts that people aim to answer in time.")
    service_within: float = Field(20.0, ge=0, le=86_400, description="Seconds within which that is in time.")
    company: str = Field("Tidewater", description="Name customers know this desk by.")
    zone: str = Field("UTC", description="Time zone of the customers, e.g. Europe/Berlin: what is usual goes by it.")
    holidays: str = Field("", description="Days that are unlike others, with commas between: 2026-12-25,2026-12-26.")
    languages: str = Field("en,id,pt-br", description="Languages of articles and the assistant, first is the fallback.")

    @model_validator(mode="after")
    def _knows_its_days(self) -> Self:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"HOLDFAST_ZONE: {self.zone!r} is no time zone such as Europe/Berlin") from None
        for day in filter(None, map(str.strip, self.holidays.split(","))):
            try:
                date.fromisoformat(day)
            except ValueError:
                raise ValueError(f"HOLDFAST_HOLIDAYS: {day!r} is no day such as 2026-12-25") from None
        return self

    @model_validator(mode="after")
    def _listens_at_whole_numbers(self) -> Self:
        for number in self.canary_phones:
            if not re.fullmatch(r"\+[1-9][0-9 ]{6,18}[0-9]", number):
                raise ValueError(f"HOLDFAST_CANARY_PHONES: {number!r} is no number such as +49 30 5550117")
        return self

    @model_validator(mode="after")
    def _finds_its_virus_scanner(self) -> Self:
        if self.clamd and not is_address(self.clamd):
            raise ValueError("HOLDFAST_CLAMD has to be unix:/run/clamav/clamd.ctl, or host:port")
        return self

    @model_validator(mode="after")
    def _serves_metrics_at_home(self) -> Self:
        if self.worker_metrics:
            place_of(self.worker_metrics)
        return self

    @model_validator(mode="after")
    def _has_all_of_the_identity_provider(self) -> Self:
        given = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(given) and not all(given):
            raise ValueError("HOLDFAST_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET belong together; one is missing")
        # What the provider says comes straight from it, and its TLS certificate is what vouches for that.
        issuer = urlsplit(self.oidc_issuer)
        if issuer.scheme not in {"", "https"} and issuer.hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError("HOLDFAST_OIDC_ISSUER has to begin with https://")
        return self

    @model_validator(mode="after")
    def _knows_its_language_model(self) -> Self:
        if self.llm_url and not (
            urlsplit(self.llm_url).scheme in {"http", "https"} and urlsplit(self.llm_url).hostname
        ):
            raise ValueError("HOLDFAST_LLM_URL has to begin with https:// (or http:// for one of your own)")
        if self.llm_url and not self.llm_model:
            raise ValueError("HOLDFAST_LLM_MODEL is missing: name the model that HOLDFAST_LLM_URL serves")
        return self


@cache
def options() -> Options:
    """Return the settings of this process, read once."""
    return Options()
