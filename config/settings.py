"""Every setting of the platform, in one place.

What is unsafe to guess (keys, hosts) has no default: a missing one stops the start with its name. `./run`
makes them on the first start and keeps them in `.data/secrets.env`; a server sets them in its environment
or in `.env` (see `.env.example`).
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()


def secret(name: str) -> str:
    """A value that must be there: an empty key would open every door."""
    if not (value := env(name)):
        raise ImproperlyConfigured(f"Set the {name} environment variable; it must not be empty.")
    return str(value)


environ.Env.read_env(BASE_DIR / ".env")

# --- Safety -----------------------------------------------------------------------------------------------

SECRET_KEY = secret("SECRET_KEY")
KEY_PEPPER = secret("KEY_PEPPER")  # HMAC key of API keys and one-time codes; changing it voids them all
FIELD_KEYS = secret("FIELD_KEYS").split(",")  # base64 AES-256 keys, the first encrypts, all decrypt
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
PUBLIC_BASE_URL = env("PUBLIC_BASE_URL")  # how the world reaches us: links, QR posters, signatures
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL] if PUBLIC_BASE_URL.startswith("https://") else []
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # demo programmes, their logins on the sign-in page, no MFA duty

HTTPS = PUBLIC_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 12 * 60 * 60  # absolute, for staff; customers have a cookie of their own
STAFF_IDLE_SECONDS = 30 * 60
ADMIN_IDLE_SECONDS = 15 * 60
CUSTOMER_SESSION_DAYS = 30
PROXIES = env.int("PROXIES", default=0)  # ours in front of the web server, each adding to X-Forwarded-For

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, "'wasm-unsafe-eval'"],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "media-src": [SELF, "blob:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- The house --------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.InstallationConfig",
    "reports",
    "referrals",
    "promotions",
    "loyalty",
    "customers",
    "businesses",
    "unfold.apps.BasicAppConfig",  # the superadmin's panel, see config/panel.py; its templates before Django's own
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "import_export",
    "config.apps.PanelConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.forms",  # after our templates, so that a form comes out in our own fields
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_celery_beat",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "businesses.api.road.short_road",  # below it is what only pages need
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "businesses.sessions.limit_sessions",
    "businesses.access.require_second_factor",
    "config.panel.own_content_policy",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "businesses.access.portal_context",
                "loyalty.answering.views.waiting",
                "loyalty.clearing.views.partners",
                "promotions.chaining.views.agreeing",
                "config.front.demo",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # templates/django/forms/

# --- Data -------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"] |= {
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
    "ATOMIC_REQUESTS": False,
    "OPTIONS": {
        "server_side_binding": True,
        # Behind PgBouncer in transaction mode set PREPARE_THRESHOLD=-1 and DISABLE_SERVER_SIDE_CURSORS=1.
        "prepare_threshold": threshold if (threshold := env.int("PREPARE_THRESHOLD", default=2)) >= 0 else None,
        **DATABASES["default"].get("OPTIONS", {}),
    },
    "DISABLE_SERVER_SIDE_CURSORS": env.bool("DISABLE_SERVER_SIDE_CURSORS", default=False),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = env("CELERY_BROKER_URL")
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "unacked_restore_interval": 1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "mature-points": {"task": "loyalty.tasks.mature_points", "schedule": 900},
    "expire-points": {"task": "loyalty.tasks.expire_points", "schedule": crontab(minute=10)},
    "expire-idle-points": {"task": "loyalty.tasks.expire_idle_points", "schedule": crontab(hour=2, minute=20)},
    "release-holds": {"task": "loyalty.tasks.release_holds", "schedule": 60},
    "warn-of-expiry": {"task": "loyalty.tasks.warn_of_expiry", "schedule": crontab(hour=6, minute=30)},
    "work-imports": {"task": "loyalty.tasks.work_imports", "schedule": 30},
    "review-tiers": {"task": "loyalty.tasks.review_tiers", "schedule": crontab(hour=2, minute=50)},
    "score-churn": {"task": "loyalty.tasks.score_churn", "schedule": crontab(minute=25)},
    "end-chains": {"task": "promotions.tasks.end_chains", "schedule": crontab(minute=35)},
    "settle-referrals": {"task": "referrals.tasks.settle_referrals", "schedule": 60},
    "count-co-visits": {"task": "promotions.tasks.count_co_visits", "schedule": crontab(hour=3, minute=20)},
    "nudge-customers": {"task": "promotions.tasks.nudge_customers", "schedule": crontab(minute=40)},
    "forget-behaviour": {"task": "promotions.tasks.forget_behaviour", "schedule": crontab(hour=1, minute=50)},
    "audit-ledger": {"task": "loyalty.tasks.audit_ledger", "schedule": crontab(hour=3, minute=40)},
    "send-messages": {"task": "customers.tasks.send_messages", "schedule": 20},
    "forget-spending-codes": {"task": "loyalty.tasks.forget_spending_codes", "schedule": 3600},
    "fold-reports": {"task": "reports.tasks.fold", "schedule": 20},
    "count-segments": {"task": "reports.tasks.count_segments", "schedule": crontab(hour=3, minute=15)},
    "count-points": {"task": "reports.tasks.count_points", "schedule": crontab(hour=3, minute=25)},
    "count-network": {"task": "reports.tasks.count_network", "schedule": crontab(hour=3, minute=30)},
    "forget-codes": {"task": "customers.tasks.forget_codes", "schedule": 3600},
    "forget-incoming": {"task": "customers.tasks.forget_incoming", "schedule": crontab(hour=1, minute=20)},
}

# allauth counts attempts and used codes here: a memory of each worker's own would count them by the worker.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- People who sign in -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "businesses.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "businesses.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_FORMS = {
    "login": "businesses.account_forms.LoginForm",
    "signup": "businesses.account_forms.SignupForm",
    "add_email": "businesses.account_forms.AddEmailForm",
    "change_password": "businesses.account_forms.ChangePasswordForm",
    "set_password": "businesses.account_forms.SetPasswordForm",
    "reset_password": "businesses.account_forms.ResetPasswordForm",
    "reset_password_from_key": "businesses.account_forms.ResetPasswordKeyForm",
    "reauthenticate": "businesses.account_forms.ReauthenticateForm",
}
ACCOUNT_SESSION_REMEMBER = False  # never asked: a session ends with its browser, and at the latest as sessions.py says
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a letter about each change of how one signs in
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
MFA_ADAPTER = "businesses.adapter.MfaAdapter"
MFA_FORMS = {
    "authenticate": "businesses.account_forms.AuthenticateCodeForm",
    "reauthenticate": "businesses.account_forms.ReauthenticateCodeForm",
    "activate_totp": "businesses.account_forms.ActivateTOTPForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Regulars"
# Staff tokens of the API: each hangs on a session, see businesses/tokens.py. SECRET_KEY signs them.
HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"  # noqa: S105
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 5 * 60
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = STAFF_IDLE_SECONDS
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
USERSESSIONS_TRACK_ACTIVITY = True  # noted by businesses.sessions: allauth's middleware writes at every request
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/counter/"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Regulars <no-reply@localhost>")

# --- The superadmin's panel -------------------------------------------------------------------------------

# fmt: off
UNFOLD = {
    "SITE_TITLE": "Regulars",
    "SITE_HEADER": "Regulars",
    "SITE_SUBHEADER": "config.panel.subheader",
    "SITE_ICON": "config.panel.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.panel.icon"}],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "10px",
    "COLORS": {
        "primary": {  # around the blues of tokens.css: 600 stands on white, 500 in the dark
            "50": "#f3f6ff", "100": "#eaeffe", "200": "#d5defd", "300": "#b3c2fb", "400": "#a9b8ff", "500": "#8da4ff",
            "600": "#2447d8", "700": "#1c3bbd", "800": "#1b3192", "900": "#1c2447", "950": "#121730",
        },
    },
    "STYLES": ["config.panel.style"],
    "ACCOUNT": {"navigation": "config.panel.account_links"},
    "SIDEBAR": {"navigation": "config.panel.navigation"},
}
# fmt: on

# --- What a sale sets off ---------------------------------------------------------------------------------

PURCHASE_EFFECTS = [
    "referrals.sales.Referrals",
    "promotions.sales.Coupons",
]  # in this order, in the sale's transaction; see loyalty/effects.py

# --- Messages to customers --------------------------------------------------------------------------------

# With an account its messages go out and come in; without one its addresses do not exist.
TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env("TWILIO_FROM", default="")  # E.164
TWILIO_MESSAGING_SERVICE = env("TWILIO_MESSAGING_SERVICE", default="")
TWILIO_API_URL = env("TWILIO_API_URL", default="https://api.twilio.com")
MESSAGE_GATEWAY = env(
    "MESSAGE_GATEWAY",
    default="customers.gateways.twilio.send" if TWILIO_ACCOUNT_SID else "customers.gateways.console",
)

# A bot of this installation, by @BotFather. Updates come to its webhook, or `manage.py telegram` asks for them.
TELEGRAM_TOKEN = env("TELEGRAM_TOKEN", default="")
TELEGRAM_BOT = env("TELEGRAM_BOT", default="")  # its name, for links
TELEGRAM_SECRET = env("TELEGRAM_SECRET", default="")  # what the webhook's calls are known by
TELEGRAM_API_URL = env("TELEGRAM_API_URL", default="https://api.telegram.org")
TELEGRAM_GATEWAY = "customers.gateways.telegram.send" if TELEGRAM_TOKEN else "customers.gateways.console"

# What customers can ask in a conversation, in the order in which the words are looked for.
CONVERSATION_COMMANDS = [
    "customers.conversations.basics.stop",
    "customers.conversations.basics.start",
    "customers.conversations.basics.help",
    "loyalty.conversation.balance",
    "loyalty.conversation.history",
    "loyalty.conversation.rewards_within_reach",
    "loyalty.conversation.profile",
    "loyalty.conversation.card",
    "promotions.conversation.held",
    "promotions.conversation.ideas",
    "referrals.conversation.refer",
    "loyalty.conversation.join",
]

# What assistants may ask besides what loyalty/assistants.py has.
ASSISTANT_TOOLS = ["promotions.assistant.customer_recommendations"]

# --- Predictions --------------------------------------------------------------------------------------------

CHURN_SCORER = env("CHURN_SCORER", default="loyalty.churn.scorer.MbgNbd")
RECOMMENDER = env("RECOMMENDER", default="promotions.recommending.recommender.ThreeRules")
COUNTER_QUESTIONS = ["referrals.welcoming.WhoSentYou"]  # what somebody new is asked besides their name
# What a cashier may tell the open customer, in this order.
COUNTER_HINTS = ["referrals.welcoming.hint", "promotions.recommending.hints.at_counter"]

# --- Erasure ----------------------------------------------------------------------------------------------

FORGETTING = ["promotions.nudging.behaviour.forget"]  # what apps above know of a customer; see loyalty/forgetting.py

# --- Languages and places ---------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("az", _("Azerbaijani")), ("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": env("STATIC_STORAGE", default="config.static.HashedModuleStorage")},
}

# --- API --------------------------------------------------------------------------------------------------

API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=6000)  # per key
API_STAFF_REQUESTS_PER_MINUTE = env.int("API_STAFF_REQUESTS_PER_MINUTE", default=600)  # per person, by their tokens
API_SIGN_INS_PER_MINUTE = env.int("API_SIGN_INS_PER_MINUTE", default=60)  # calls of auth/… per address
THROTTLE_URL = CELERY_BROKER_URL.replace("redis+socket:", "unix:")
MCP_HOST = env("MCP_HOST", default="127.0.0.1")
MCP_PORT = env.int("MCP_PORT", default=8010)  # of manage.py mcp
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Regulars API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Several fields are called kind, state or source: what their values are called in generated clients.
    "ENUM_NAME_OVERRIDES": {
        "BusinessStatus": "businesses.api.auth_schema.STATUSES",
        "ImportKind": "loyalty.models.ImportKind.values",
        "ImportState": "loyalty.models.ImportState.values",
        "OfferKind": "promotions.api.schema.KINDS",
        "CouponSource": "promotions.models.Source.values",
        "CouponState": "promotions.api.schema.STATES",
        "NudgeState": "promotions.models.nudges.State.values",
        "ReferralSource": "referrals.models.Source.values",
        "ReferralState": "referrals.models.State.values",
        "TrueOrFalse": ["true", "false"],
    },
}

# --- Logs -------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {"django.request": {"level": "ERROR"}},  # that a form was refused is no news
}
