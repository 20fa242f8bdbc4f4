"""Settings of the site; everything that differs between installations comes from the environment.

``GONGZAO_VAR``            folder for database, key and collected files (default: ``var`` beside the sources)
``GONGZAO_ALLOWED_HOSTS``  host names served, comma separated (default: this machine only)
``GONGZAO_PLAIN_HTTP``     ``1`` serves without TLS, for a demonstration on one's own machine; never for production
``GONGZAO_BEHIND_PROXY``   ``1`` trusts X-Forwarded-Proto of a proxy that sets it itself
``GONGZAO_PROXIES``        addresses or networks of proxies on other machines, whose X-Forwarded-For is believed
``GONGZAO_LEDGER_REST_DAYS``  days without a line after which bookings are refused because the clock must be wrong (92)
``DATABASE_URL``           e.g. ``postgres://user:password@host/name`` (default: embedded SQLite under var)
"""

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF

from gongzao.ledger import REST
from gongzao.web.project.address import networks
from gongzao.web.project.secret import secret_key

django_stubs_ext.monkeypatch()  # lets generic Django classes be subscripted, as their types are

ROOT = Path(__file__).resolve().parents[4]
VAR = Path(os.environ.get("GONGZAO_VAR") or ROOT / "var")
VAR.mkdir(parents=True, exist_ok=True)
TRUSTED_PROXIES = networks(os.environ.get("GONGZAO_PROXIES", ""))
PLAIN_HTTP = os.environ.get("GONGZAO_PLAIN_HTTP") == "1"

SECRET_KEY = secret_key(VAR / "secret.key")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("GONGZAO_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = [
    "gongzao.web.project",
    "gongzao.web.targets",
    "gongzao.web.clusters",
    "gongzao.web.ledger",
    "gongzao.web.research",
    "gongzao.web.accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_filters",
    "axes",
    "csp",
    "ninja",
    "gongzao.web.kit",  # after the administration, whose register it follows
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "gongzao.web.project.middleware.keep_private",
    "gongzao.web.project.middleware.limit_bodies",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "gongzao.web.project.middleware.lead_back",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "gongzao.web.kit.history.middleware.RequestMiddleware",
]
ROOT_URLCONF = "gongzao.web.project.urls"
WSGI_APPLICATION = "gongzao.web.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gongzao.web.project.context.site",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{VAR / 'gongzao.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    if DATABASES["default"]["NAME"] == str(VAR / "gongzao.sqlite3"):
        (VAR / "gongzao.sqlite3").touch(mode=0o600)  # SQLite gives its journal the rights of the file it finds
    # FULL: what was answered is on the disk, also after a power cut. IMMEDIATE is for what writes; whatever only reads
    # several times goes through gongzao.web.kit.reading, which takes no write lock.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=134217728; "
        "PRAGMA recursive_triggers=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# How long the journal may rest before a booking is refused because the clock must be wrong.
LEDGER_REST = timedelta(days=int(os.environ.get("GONGZAO_LEDGER_REST_DAYS", REST.days)))

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["gongzao.web.accounts.locking.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "targets:home"
LOGOUT_REDIRECT_URL = "targets:home"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # [h]
AXES_HANDLER = "gongzao.web.accounts.locking.Lock"
AXES_CLIENT_IP_CALLABLE = "gongzao.web.project.address.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], ["ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_VERBOSE = False

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [("vendor", VAR / "vendor")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "manifest-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not PLAIN_HTTP
SESSION_COOKIE_AGE = 12 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = not PLAIN_HTTP
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
CSRF_FAILURE_VIEW = "gongzao.web.project.views.csrf_failure"
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not PLAIN_HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if os.environ.get("GONGZAO_BEHIND_PROXY") == "1" else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
