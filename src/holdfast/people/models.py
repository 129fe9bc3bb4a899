"""Customers with their identities; agents with their teams and vendors."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

from holdfast.guard.cutoff.states import State, state_of
from holdfast.guard.fields import SealedField
from holdfast.kit.ids import uuid7


class Vendor(models.Model):
    """Who employs an agent: the company itself or an outsourcer."""

    name = models.CharField(max_length=80, unique=True)
    internal = models.BooleanField(default=False)


class Site(models.Model):
    """A place where people of one employer work, so that a place can be cut off at once."""

    name = models.CharField(max_length=80)
    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="sites")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor", "name"], name="site_once_per_vendor")]


class Team(models.Model):
    name = models.CharField(max_length=80)
    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="teams")
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="teams")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vendor", "name"], name="team_once_per_vendor")]


class Role(models.TextChoices):
    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"
    SECURITY = "security"


class AgentManager(BaseUserManager["Agent"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Agent:
        """Create an agent who signs in with `email`; without a password only a link lets them in."""
        agent = self.model(email=self.normalize_email(email).lower(), **fields)
        agent.set_password(password)
        agent.save(using=self._db)
        return agent


class Agent(AbstractBaseUser, PermissionsMixin):
    """A person who answers customers, leads those who do, or keeps the system."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.AGENT)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="agents")
    capacity = models.PositiveSmallIntegerField(default=4, help_text="Open cases at one time.")
    locale = models.CharField(max_length=10, default="en")
    theme = models.CharField(max_length=6, default="auto")
    density = models.CharField(max_length=12, default="comfortable")
    single_keys = models.BooleanField(default=True, help_text="Single-key shortcuts (WCAG 2.1.4).")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AgentManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMIN

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def leads(self) -> bool:
        """Whether this agent sees every queue and may reassign anybody's case."""
        return self.role in {Role.LEAD, Role.ADMIN}

    @cached_property
    def standing(self) -> State:
        """Whether this person is cut off, as of the first time this object was asked: once a request."""
        return state_of(self.pk)

    def get_session_auth_hash(self) -> str:
        """Return what a session of theirs is bound to: the password, and the epoch of the last cut-off."""
        return self._of_this_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterable[str]:
        """Return the same for the secret keys of before."""
        return map(self._of_this_epoch, super().get_session_auth_fallback_hash())

    def _of_this_epoch(self, bound: str) -> str:
        return f"{bound}.{self.standing.epoch}" if self.standing.epoch else bound


class Machine(models.Model):
    """A browser that somebody signs in with, known again by a cookie of its own; nothing of it is measured."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="machines")
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of what its cookie holds.")
    name = models.CharField(max_length=60, help_text="Such as Firefox on Windows.")
    network = models.CharField(max_length=43, blank=True, help_text="Where it was last, roughly.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True, help_text="When it was shown to be theirs.")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "digest"], condition=models.Q(removed_at=None), name="machine_once_per_agent"
            ),
        ]


class SignIn(models.Model):
    """One time somebody signed in, or did not get in. Never what was typed; without `agent` it was nobody here."""

    class New(models.TextChoices):
        NOTHING = ""
        MACHINE = "machine"
        NETWORK = "network"

    at = models.DateTimeField()
    agent = models.ForeignKey(Agent, models.CASCADE, null=True, related_name="sign_ins")
    succeeded = models.BooleanField()
    method = models.CharField(max_length=40, blank=True, help_text="password, totp, webauthn, provider ..., with +")
    machine = models.ForeignKey(Machine, models.SET_NULL, null=True, related_name="+")
    browser = models.CharField(max_length=60)
    network = models.CharField(max_length=43, blank=True, help_text="Roughly.")
    new = models.CharField(max_length=7, choices=New.choices, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["agent", "-at"], name="sign_in_of_agent"),
            models.Index(fields=["-at"], name="sign_in_by_time"),
        ]


class ProviderLogout(models.Model):
    """The identity provider said that somebody signed out there. Hashes, kept for a day, so that it counts once."""

    digest = models.BinaryField(primary_key=True, max_length=32, help_text="Of the token's issuer and own name (jti).")
    sub = models.BinaryField(max_length=32, help_text="Of the person; empty where only a session is named.")
    sid = models.BinaryField(max_length=32, help_text="Of the session there; empty: all of the person.")
    issued_at = models.DateTimeField()
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, help_text="When the sessions it means had ended.")

    class Meta:
        indexes = [models.Index(fields=["at"], name="provider_logout_by_time")]


class Customer(models.Model):
    """Somebody the company serves. Personal values are sealed; `reference` is the company's own pseudonymous key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(max_length=40, unique=True, null=True, help_text="Account reference, e.g. TW-100042.")
    name = SealedField(mask="name", owner="id", blank=True)
    address = SealedField(mask="address", owner="id", blank=True)
    birth_date = SealedField(mask="birth_date", owner="id", blank=True)
    iban = SealedField(mask="iban", owner="id", blank=True)
    city = models.CharField(max_length=80, blank=True)
    locale = models.CharField(max_length=10, blank=True)
    since = models.DateField(null=True)
    tier = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, related_name="merged")


class Identity(models.Model):
    """How a customer is known on one channel. Found by blind index; the value itself is sealed.

    Level 0: unknown. 1: claimed and matching what we hold. 2: proven (code to a channel on file, signed-in session).
    """

    class Kind(models.TextChoices):
        EMAIL = "email"
        PHONE = "phone"
        ACCOUNT = "account"
        CHAT = "chat"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    value = SealedField(mask="identity", owner="customer_id")
    index = models.BinaryField(max_length=16, help_text="Blind index of the normalised value (guard.blind_index).")
    level = models.PositiveSmallIntegerField(default=0)
    is_machine = models.BooleanField(default=False, help_text="A registered assistant that acts for this customer.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "index"], name="identity_once"),
            models.CheckConstraint(condition=models.Q(level__lte=2), name="identity_level"),
        ]


class ProofCode(models.Model):
    """A one-time code sent to a channel on file, for one conversation. Only a keyed hash of it is kept.

    Without `customer` nobody was on file: no code opens such a row, which is there so that both look the same.
    """

    class Outcome(models.TextChoices):
        OPEN = ""
        PROVEN = "proven"
        SPENT = "spent", "too many wrong tries"
        EXPIRED = "expired"
        REPLACED = "replaced", "another code was sent"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation_id = models.UUIDField()
    speaker_id = models.UUIDField(null=True, help_text="Whom the channel took the asker for; nobody else may enter it.")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="proof_codes")
    identity = models.ForeignKey(Identity, models.SET_NULL, null=True, related_name="+", help_text="Where it was sent.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", help_text="The agent who had it sent."
    )
    digest = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="When the mail server had taken it.")
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation_id"], condition=models.Q(outcome=""), name="one_open_proof_code"
            ),
            models.CheckConstraint(condition=models.Q(tries__lte=5), name="proof_code_tries"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="proof_code_has_time"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", settled_at=None)
                | ~models.Q(outcome="") & models.Q(settled_at__isnull=False),
                name="proof_code_settled",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="proven") | models.Q(customer__isnull=False, tries__gte=1),
                name="proof_code_proves_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation_id", "-created_at"], name="proof_code_of_conversation"),
            models.Index(fields=["customer", "-created_at"], name="proof_code_of_customer"),
        ]


class Proof(models.Model):
    """Somebody proved to be this customer, for one conversation and a short time."""

    code = models.OneToOneField(ProofCode, models.CASCADE, related_name="proof")
    speaker_id = models.UUIDField(null=True, help_text="As in the code: others in the conversation proved nothing.")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="proofs")
    conversation_id = models.UUIDField()
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(until__gt=models.F("at")), name="proof_ends"),
        ]
        indexes = [models.Index(fields=["conversation_id", "-until"], name="proof_of_conversation")]
