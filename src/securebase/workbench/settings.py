"""Settings of the workbench, read from the environment, one line each; docs/settings.md explains them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from securebase.ipt import shelf
from securebase.workbench.database.keys import read_or_create_secret
from securebase.workbench.ui.page_folders import page_folders


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def _flag(name: str) -> bool:
    return _text(name).lower() in {"1", "true", "yes", "on"}


def _local_time_zone() -> str:
    """Return the IANA name of the machine's time zone, or UTC if the system does not name one."""
    link = os.path.realpath("/etc/localtime")
    return link.split("zoneinfo/", 1)[1] if "zoneinfo/" in link else "UTC"


# ---- environment -----------------------------------------------------------------------------------------------------
DATA_DIR = Path(_text("SECUREBASE_DATA_DIR", "securebase-data")).resolve()  # database, keys, set-up code
DATABASE_KEY_FILE = Path(_text("SECUREBASE_DATABASE_KEY_FILE") or DATA_DIR / "database.key")  # raw key, 64 hex digits
DATABASE_KEY = _text("SECUREBASE_DATABASE_KEY")  # the raw key itself; takes precedence over the file
ADDRESS = _text("SECUREBASE_ADDRESS").rstrip("/")  # public address, https://…: prefix of check-in links
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *_text("SECUREBASE_ALLOWED_HOSTS").replace(",", " ").split()]
TRUSTED_PROXY = _text("SECUREBASE_TRUSTED_PROXY")  # address of the proxy whose forwarded headers are trusted
TIME_ZONE = _text("SECUREBASE_TIME_ZONE") or _local_time_zone()  # IANA name, used for all times on pages
IDLE_MINUTES = int(_text("SECUREBASE_IDLE_MINUTES", "15"))  # idle time after which a sign-in ends (ASVS 4.0.3, V3.3.2)
CHECK_IN_LINK_HOURS = int(_text("SECUREBASE_CHECK_IN_LINK_HOURS", "72"))  # lifetime of a client's check-in link
OWN_PAGE_WEEKS = int(_text("SECUREBASE_OWN_PAGE_WEEKS", "20"))  # lifetime of the link to a client's own page
PARAMETER_SETS = Path(_text("SECUREBASE_PARAMETER_SETS") or DATA_DIR / "parameters")  # sets fitted by the clinic
WORDINGS = Path(_text("SECUREBASE_WORDINGS") or DATA_DIR / "wordings")  # questionnaires as the clinic words them
PUSH_HOSTS: list[str] = []  # further push services, for tests
DEMO = _flag("SECUREBASE_DEMO")  # simulated clinic, marked on every page
DEBUG = _flag("SECUREBASE_DEBUG")  # for developers; never with real clients

# ---- derived settings ------------------------------------------------------------------------------------------------
_address = urlsplit(ADDRESS)
if _address.hostname:
    ALLOWED_HOSTS.append(_address.hostname)
    CSRF_TRUSTED_ORIGINS = [f"{_address.scheme}://{_address.netloc}"]
_https = _address.scheme == "https"

# Importing the settings must not write to disk, so the key is stored only in an existing data directory.
SECRET_KEY = read_or_create_secret(DATA_DIR / "secret.key") if DATA_DIR.is_dir() else secrets.token_hex(32)

INSTALLED_APPS = [
    "securebase.workbench.ui",
    "securebase.workbench.audit",
    "securebase.workbench.accounts",
    "securebase.workbench.jobs",
    "securebase.workbench.clients",
    "securebase.workbench.therapy_sessions",
    "securebase.workbench.measures",
    "securebase.workbench.check_ins",
    "securebase.workbench.requests",
    "securebase.workbench.inventory",
    "securebase.workbench.worksheets",
    "securebase.workbench.course",
    *page_folders("securebase.workbench.course"),
    "securebase.workbench.supervision",
    "securebase.workbench.progress",
    "securebase.workbench.own_pages",
    "securebase.workbench.exports",
    "securebase.workbench.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "securebase.workbench.ui.headers.SecurityHeaders",
    "securebase.workbench.own_pages.middleware.StrictCookie",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "securebase.workbench.accounts.middleware.IdleLock",
    "securebase.workbench.ui.methods.NotAllowedPages",
    "securebase.workbench.ui.language.StaffLanguage",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "securebase.workbench.accounts.middleware.RequireOwnPassword",
    "securebase.workbench.accounts.middleware.AccessDenials",
]

ROOT_URLCONF = "securebase.workbench.urls"
WSGI_APPLICATION = "securebase.workbench.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        # a worksheet's folder holds the templates that only it needs
        "DIRS": [shelf.FOLDER],
        "OPTIONS": {
            # tags that most pages need
            "builtins": [
                "securebase.workbench.ui.templatetags.components",
                "securebase.workbench.ui.templatetags.links",
                "securebase.workbench.ui.templatetags.words",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "securebase.workbench.ui.context.workbench_context",
            ],
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "securebase.workbench.database",
        "NAME": DATA_DIR / "securebase.db",
        # Connections outlive a request: opening one sets the key again and starts with a cold page cache.
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "key": DATABASE_KEY,
            "key_file": DATABASE_KEY_FILE,
            # take the write lock at BEGIN: a deferred one can fail with SQLITE_BUSY, without waiting, when it upgrades
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            # synchronous = FULL: a committed transaction survives a power cut, also in WAL mode
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
        },
        "TEST": {"NAME": DATA_DIR / "test.db"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- sign-in ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Account"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "caseload"
# Argon2id (RFC 9106), recommended by the OWASP Password Storage Cheat Sheet
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
# length before composition rules: at least 12 characters, no common password (ASVS 4.0.3, V2.1.1, V2.1.7, V2.1.9)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("user_name", "name_shown")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "securebase_session"
SESSION_COOKIE_AGE = 12 * 60 * 60  # sign in again after 12 hours even when active (ASVS 4.0.3, V3.3.2)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Secure, HttpOnly and SameSite cookies: ASVS 4.0.3, V3.4.1 to V3.4.3
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_NAME = "securebase_csrf"
CSRF_COOKIE_AGE = None  # a session cookie: deleted when the browser closes
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _https
CSRF_FAILURE_VIEW = "securebase.workbench.ui.pages.csrf_failed"

# ---- the web ---------------------------------------------------------------------------------------------------------
# response headers: ASVS 4.0.3, V14.4; the content security policy is in ui/headers.py
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0  # one year (RFC 6797)
# Waitress checks the trusted proxy and sets the scheme; Django must not trust a header that any client can send.
SECURE_PROXY_SSL_HEADER = None
# Upload limits against memory exhaustion; a worksheet with every list full must fit (a test counts its fields).
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1500
STATIC_URL = "/static/"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "securebase.workbench.ui.assets.ComponentAssets",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 60
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other origin needs our static files

USE_TZ = True
LANGUAGE_CODE = "en-gb"
USE_I18N = True
#: languages of what clients read; staff pages are in English
LOCALE_PATHS = [Path(__file__).parent / "locale"]
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "formatters": {
        "plain": {
            "()": "securebase.workbench.ui.logs.RedactingFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Scanners send unknown Host headers all the time. Django rejects them (400); logging each would bury real errors.
    "loggers": {
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django": {"handlers": []},  # Django's own handlers would log each line again, with unredacted links
    },
}
