"""Django's settings, derived from `options`. Nothing is read from the environment here."""

from __future__ import annotations

from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF

from holdfast.config.options import options
from holdfast.kit.secrets import kept_secret

_options = options()
_package = Path(__file__).resolve().parent.parent


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = query.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "holdfast",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.pop("port", "")),
        # One connection per thread of a fixed pool (see a2wsgi in asgi.py), so keeping them open is right here.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


def _mail(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    tls = parse_qs(parts.query).get("tls", [""])[-1]
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or {"ssl": 465, "starttls": 587}.get(tls, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": tls == "starttls",
        "EMAIL_USE_SSL": tls == "ssl",
    }


DATA_DIR = _options.data.resolve()
SECRET_KEY = _options.secret_key or kept_secret(DATA_DIR, "secret")
DEBUG = _options.debug
PUBLIC_URL = (_options.public_url or f"http://{_options.host}:{_options.port}").rstrip("/")
_https = PUBLIC_URL.startswith("https://")
_public_host = urlsplit(PUBLIC_URL).hostname or "localhost"
ALLOWED_HOSTS = [_public_host, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

DATABASES = {"default": _database(_options.database_url or f"postgresql://holdfast@/holdfast?host={DATA_DIR / 'run'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "anymail",
    "procrastinate.contrib.django",
    "csp",
    "holdfast.kit",
    "holdfast.guard",
    "holdfast.guard.ledger",
    "holdfast.guard.cutoff",
    "holdfast.guard.marks",
    "holdfast.guard.whereabouts",
    "holdfast.guard.radius",
    "holdfast.guard.watching",
    "holdfast.posture",
    "holdfast.promises",
    "holdfast.intake",
    "holdfast.people",
    "holdfast.conversations",
    "holdfast.channels",
    "holdfast.knowledge",
    "holdfast.assistant",
    "holdfast.assistant.learning",
    "holdfast.operations",
    "holdfast.notify",
    "holdfast.notify.campaigns",
    "holdfast.shield",
    "holdfast.incidents.words",
    "holdfast.incidents",
    "holdfast.incidents.legal",
    "holdfast.incidents.audiences",
    "holdfast.incidents.outreach",
    "holdfast.incidents.goodwill",
    "holdfast.incidents.status",
    "holdfast.desk",
    "holdfast.staffing",
    "holdfast.bridge",
    "holdfast.retention",
    "holdfast.web",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",  # outermost, so that refusals by the others carry the policy too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "holdfast.people.cut_off_pages.CutOffPages",
    "holdfast.people.idle.ended_when_idle",
    "holdfast.people.machines.noted",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "holdfast.people.second_factor.demanded",
    "holdfast.people.sessions.private_pages",
]

ROOT_URLCONF = "holdfast.config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_package / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "holdfast.web.context.shell",
                "holdfast.bridge.context.posture",
            ],
        },
    },
]

AUTH_USER_MODEL = "people.Agent"
AUTHENTICATION_BACKENDS = ["holdfast.people.signed_in.SignedIn"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "holdfast.people.house_words.NoWordsOfTheHouse"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "holdfast.people.accounts.StaffAccounts"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _https else "http"
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reported": "10/h/ip"}
# In the database, so that limits and used codes hold across processes.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "holdfast_cache"}}
MFA_ADAPTER = "holdfast.people.accounts.StaffSecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Holdfast"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https

OIDC_ACR, OIDC_AMR = _options.oidc_acr, _options.oidc_amr
OIDC_ISSUER, OIDC_CLIENT_ID = _options.oidc_issuer.rstrip("/"), _options.oidc_client_id
SINGLE_SIGN_ON = _options.oidc_name if _options.oidc_issuer else ""
if _options.oidc_issuer:
    INSTALLED_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    _asked = {"auth_params": {"acr_values": " ".join(OIDC_ACR)}} if OIDC_ACR else {}
    _company = {
        "provider_id": "company",
        "name": _options.oidc_name,
        "client_id": _options.oidc_client_id,
        "secret": _options.oidc_client_secret,
        "settings": {"server_url": _options.oidc_issuer.rstrip("/"), "oauth_pkce_enabled": True, **_asked},
    }
    SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [_company], "OAUTH_PKCE_ENABLED": True}}
    SOCIALACCOUNT_ADAPTER = "holdfast.people.single_sign_on.StaffSingleSignOn"
    MIDDLEWARE += ["holdfast.people.single_sign_on.ProviderAway"]
    SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
    SOCIALACCOUNT_LOGIN_ON_GET = True  # a form's way to another site would need a hole in the policy for forms

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrftoken"
CSRF_COOKIE_SAMESITE = "Lax"
MACHINE_COOKIE_NAME = "__Host-machine" if _https else "machine"
DEFAULT_EXCEPTION_REPORTER_FILTER = "holdfast.guard.error_pages.QuietReports"
CSRF_FAILURE_VIEW = "holdfast.web.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _options.hsts_subdomains
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("id", "Bahasa Indonesia"), ("pt-br", "Português (Brasil)")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 300

DEFAULT_FROM_EMAIL = _options.mail_from
SERVER_EMAIL = parseaddr(_options.mail_from)[1]
_without_mail = "dummy" if not _options.demo else "filebased"  # the demo writes its replies to files
EMAIL_BACKEND = _options.email_backend or (
    f"django.core.mail.backends.{'smtp' if _options.email_url else _without_mail}.EmailBackend"
)
_hooks_secret = _options.mail_hooks_secret.get_secret_value()
ANYMAIL = {**({"WEBHOOK_SECRET": _hooks_secret} if _hooks_secret else {}), **_options.anymail}
EMAIL_FILE_PATH = DATA_DIR / "mail-out"
EMAIL_TIMEOUT = 20
globals().update(_mail(_options.email_url))
MAIL_DOMAIN = _options.mail_domain
CANARY_DOMAIN = _options.canary_domain
CANARY_COUNTRY = _options.country
CANARY_PHONES = _options.canary_phones
IMAP_URL = _options.imap_url
MAX_MAIL_BYTES = _options.max_mail_bytes

PROCRASTINATE_ON_APP_READY = "holdfast.config.jobs.on_app_ready"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

ASSISTANT_DEADLINE_CHAT = _options.assistant_deadline_chat
ASSISTANT_DEADLINE_MAIL = _options.assistant_deadline_mail
CAMPAIGN_CONNECTIONS = _options.campaign_connections
CAMPAIGN_COSTS = _options.campaign_costs
CAMPAIGN_RATES = _options.campaign_rates
CAMPAIGN_TWO_PEOPLE = _options.campaign_two_people
SMS_URL = _options.sms_url
SMS_KEY = _options.sms_key.get_secret_value()
SMS_HOOKS_SECRET = _options.sms_hooks_secret.get_secret_value()
WEBHOOKS_INSIDE = _options.webhooks_inside
COMPANY = _options.company
DEMO = _options.demo
SECOND_FACTOR = _options.second_factor
IDLE_MINUTES = _options.idle_minutes
PASSWORD_WORDS = _options.password_words
SESSIONS_AT_ONCE = 0 if _options.demo else _options.sessions_at_once  # many share the demo's sign-ins
STEP_UP_MINUTES = _options.step_up_minutes
TOKEN_RATES = {str(scope): rate for scope, rate in _options.token_rates.items()}
COST_AGENT_MINUTE = _options.cost_agent_minute
COST_CONTACT = _options.cost_contact
COST_CONTACT_MINUTE = _options.cost_contact_minute
COST_GAVE_UP = _options.cost_gave_up
CURRENCY = _options.currency
SERVICE_LEVEL = _options.service_level
SERVICE_WITHIN = _options.service_within
STATUS_EXPORT = _options.status_export
SUPPORT_LANGUAGES = [code.strip() for code in _options.languages.split(",") if code.strip()]
CUSTOMERS_ZONE = _options.zone
HOLIDAYS = [day.strip() for day in _options.holidays.split(",") if day.strip()]
OPERATIONS_URL = _options.operations_url
OPERATIONS_TOKEN = _options.operations_token
SEMANTIC = _options.semantic
LLM_URL = _options.llm_url
LLM_MODEL = _options.llm_model
LLM_KEY = _options.llm_key.get_secret_value().strip()
LLM_DEADLINE = _options.llm_deadline
LLM_PRICE_IN = _options.llm_price_in
LLM_PRICE_OUT = _options.llm_price_out
LLM_MAX_COST = _options.llm_max_cost
LLM_CONCURRENCY = _options.llm_concurrency
SEAL_KEYS = _options.seal_keys
CLAMD = _options.clamd
DIALLER_URL = _options.dialler_url
DIALLER_KEY = _options.dialler_key.get_secret_value()
LEDGER_KEY = _options.ledger_key.get_secret_value()
LEDGER_ORIGIN = _options.ledger_origin
BLOB_DIR = DATA_DIR / "blobs"
SPOOL_DIR = DATA_DIR / "spool"

LOGGING_CONFIG = None
