// SPDX-License-Identifier: MIT
#include "core/packaging/resolve/widely_used.hpp"

#include <array>

namespace pymode::resolving {

namespace {

// Sorted. Written down by hand; a name that does not exist any more does no harm but a useless
// hint.
// clang-format off
constexpr auto names = std::to_array<std::string_view>({
    "aiofiles", "aiohttp", "alembic", "annotated-types", "anyio", "argon2-cffi", "arrow", "asgiref",
    "async-timeout", "asyncpg", "attrs", "authlib", "azure-core", "babel", "bcrypt",
    "beautifulsoup4", "black", "bleach", "blinker", "boto3", "botocore", "build", "cachetools",
    "cattrs", "celery", "certifi", "cffi", "chardet", "charset-normalizer", "click", "colorama",
    "coverage", "croniter", "cryptography", "cython", "dacite", "databases", "dataclasses-json",
    "defusedxml", "distro", "django", "djangorestframework", "dnspython", "docutils", "duckdb",
    "ecdsa", "email-validator", "exceptiongroup", "factory-boy", "faker", "falcon", "fastapi",
    "fastjsonschema", "feedparser", "filelock", "flake8", "flask", "flask-cors", "flask-sqlalchemy",
    "freezegun", "frozenlist", "fsspec", "gitpython", "google-auth", "graphene", "graphql-core",
    "greenlet", "gunicorn", "h11", "h2", "hatchling", "hpack", "html5lib", "httpcore", "httptools",
    "httpx", "humanize", "hypercorn", "hypothesis", "idna", "importlib-metadata", "iniconfig",
    "ipython", "isodate", "isort", "itsdangerous", "jinja2", "jmespath", "joblib", "jsonpatch",
    "jsonpath-ng", "jsonpointer", "jsonschema", "langchain", "litellm", "loguru", "lxml", "mako",
    "markdown", "markdown-it-py", "markdown2", "markupsafe", "marshmallow", "matplotlib", "mistune",
    "more-itertools", "msgpack", "multidict", "mypy", "mypy-extensions", "networkx", "nltk",
    "numpy", "oauthlib", "openai", "openpyxl", "orjson", "packaging", "pandas", "paramiko",
    "passlib", "pathspec", "peewee", "pendulum", "phonenumbers", "pillow", "pip", "platformdirs",
    "playwright", "pluggy", "polars", "prometheus-client", "prompt-toolkit", "propcache",
    "protobuf", "psutil", "psycopg", "psycopg2", "pyarrow", "pyasn1", "pycparser", "pycryptodome",
    "pydantic", "pydantic-core", "pydantic-settings", "pygments", "pyjwt", "pymongo", "pymysql",
    "pynacl", "pyopenssl", "pyparsing", "pypdf", "pyperclip", "pytest", "pytest-asyncio",
    "pytest-cov", "pytest-mock", "python-dateutil", "python-docx", "python-dotenv", "python-jose",
    "python-multipart", "python-slugify", "pytz", "pyyaml", "pyzmq", "quart", "redis",
    "referencing", "regex", "requests", "requests-oauthlib", "rich", "rpds-py", "rsa",
    "ruamel-yaml", "ruff", "s3transfer", "sanic", "scikit-learn", "scipy", "selenium", "sentry-sdk",
    "setuptools", "shapely", "simplejson", "six", "sniffio", "sortedcontainers", "soupsieve",
    "sphinx", "sqlalchemy", "sqlmodel", "sqlparse", "starlette", "stripe", "structlog", "sympy",
    "tabulate", "tenacity", "termcolor", "tinycss2", "tokenizers", "toml", "tomli", "tomlkit",
    "toolz", "tornado", "tqdm", "transformers", "trio", "twilio", "typer", "types-requests",
    "typing-extensions", "tzdata", "tzlocal", "ujson", "urllib3", "uvicorn", "uvloop", "validators",
    "virtualenv", "watchfiles", "webencodings", "websocket-client", "websockets", "werkzeug",
    "wheel", "whitenoise", "wrapt", "wtforms", "xlsxwriter", "xmltodict", "yarl", "zipp",
    "zstandard",
});
// clang-format on

} // namespace

std::span<const std::string_view> widely_used_names() {
    return names;
}

} // namespace pymode::resolving
