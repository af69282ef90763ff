"""Settings of the installation. Everything that can be set is an environment variable listed in
`docs/settings.md`; library rules are dated rows in the database, never settings."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("SHUXIANG_HOME", "var")).resolve()


def _secret_key() -> str:
    """The master key: from the environment, else from `secret.key` (mode 600) in the home."""
    given = os.environ.get("SHUXIANG_SECRET_KEY")
    if given:
        return given
    path = HOME / "secret.key"
    if not path.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # sqlite:///name is relative to the home, sqlite:////path is absolute.
        name = Path(parts.path[1:])
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(name if name.is_absolute() else HOME / name),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 5,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                    "PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON; "
                    "PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY; "
                    "PRAGMA journal_size_limit=67108864;"
                ),
            },
        }
    if parts.scheme in ("postgresql", "postgres"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            # ?host=/run/postgresql: the folder of a Unix socket.
            "HOST": parse_qs(parts.query).get("host", [unquote(parts.hostname or "")])[0],
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 3},
        }
    raise SystemExit(
        f"SHUXIANG_DATABASE_URL has the scheme {parts.scheme!r}; use sqlite:///name or "
        "postgresql://user:password@host:port/name"
    )


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("SHUXIANG_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("SHUXIANG_ORIGINS", "").split(",") if o]
HTTPS = os.environ.get("SHUXIANG_HTTPS", "") == "1"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "shuxiang.ledger",
    "shuxiang.runtime",
    "shuxiang.apps.places",
    "shuxiang.apps.staff",
    "shuxiang.apps.catalog",
    "shuxiang.apps.stock",
    "shuxiang.apps.patrons",
    "shuxiang.apps.visits",
    "shuxiang.apps.acquisitions",
    "shuxiang.apps.serials",
    "shuxiang.apps.fees",
    "shuxiang.apps.circulation",
    "shuxiang.apps.exchange",
    "shuxiang.apps.drift",
    "shuxiang.apps.processing",
    "shuxiang.apps.stockcontrol",
    "shuxiang.apps.search",
    "shuxiang.apps.phases",
    "shuxiang.apps.notices",
    "shuxiang.statistics",
    "shuxiang.interfaces.common",
    "shuxiang.interfaces.desk",
    "shuxiang.interfaces.office",
    "shuxiang.interfaces.portal",
    "shuxiang.interfaces.offline",
    "shuxiang.interfaces.kiosk",
    "shuxiang.project",
]

MIDDLEWARE = [
    "shuxiang.interfaces.common.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shuxiang.interfaces.desk.lock.DeskLock",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "shuxiang.project.urls"
WSGI_APPLICATION = "shuxiang.project.wsgi.application"
SUBSCRIPTIONS = "shuxiang.project.subscriptions"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shuxiang.interfaces.common.preferences.view_preference",
                "shuxiang.interfaces.common.library.library",
            ]
        },
    }
]
FORM_RENDERER = "shuxiang.interfaces.common.forms.FieldRenderer"

DATABASES = {
    "default": _database(os.environ.get("SHUXIANG_DATABASE_URL") or "sqlite:///library.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "staff.Account"
PASSWORD_HASHERS = ["shuxiang.runtime.hashing.Argon2AFewAtOnce"]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "shuxiang.interfaces.common.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [str(BASE_DIR.parent / "locale")]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = str(HOME / "files")
INDEX_DIR = HOME / "index"

BACKUP_DIR = Path(os.environ.get("SHUXIANG_BACKUP_DIR") or HOME / "backups").resolve()
BACKUP_AT = os.environ.get("SHUXIANG_BACKUP_AT", "02:30")
BACKUP_KEEP = os.environ.get("SHUXIANG_BACKUP_KEEP", "7,4,12")
BACKUP_MOST_DAYS = int(os.environ.get("SHUXIANG_BACKUP_MOST_DAYS", "400"))
BACKUP_RECIPIENTS = os.environ.get("SHUXIANG_BACKUP_RECIPIENTS", "").split()
STORAGE_WARN = float(os.environ.get("SHUXIANG_STORAGE_WARN", "85"))
STORAGE_STOP = float(os.environ.get("SHUXIANG_STORAGE_STOP", "95"))
BALLAST_MB = int(os.environ.get("SHUXIANG_BALLAST_MB", "256"))
OAI_DOMAIN = os.environ.get("SHUXIANG_OAI_DOMAIN", "shuxiang.library")
CONTACT_EMAIL = os.environ.get("SHUXIANG_CONTACT_EMAIL", "library@shuxiang.library")
SMTP_URL = os.environ.get("SHUXIANG_SMTP_URL", "")
MAIL_FROM = os.environ.get("SHUXIANG_MAIL_FROM", "")
SMS_URL = os.environ.get("SHUXIANG_SMS_URL", "")
SMS_KEY = os.environ.get("SHUXIANG_SMS_KEY", "")
SMS_SIGNATURE = os.environ.get("SHUXIANG_SMS_SIGNATURE", "")
COMMAND_LINE = "shuxiang.interfaces.cli.main"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("SHUXIANG_LOG_LEVEL", "WARNING")},
}
