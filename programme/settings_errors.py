"""What is refused before anything begins: settings that cannot be used."""

from __future__ import annotations

from programme.errors import Refusal


class SettingWrong(Refusal):
    """{setting} cannot be used as it is set: write {wanted}, in the environment or in .env."""


class SettingsUnreadable(Refusal):
    """The file .env cannot be read ({problem}): save it as UTF-8 text that you may read, or take it away."""


class SecretShort(Refusal):
    """MOURAFAKA_SECRET_KEY is too short, whoever guesses it makes links: write at least {least} letters, made with python3 -c 'import secrets; print(secrets.token_urlsafe(48))', and start again."""


class DataFolderUnusable(Refusal):
    """The data folder {folder} cannot be made or written to ({problem}): name another in MOURAFAKA_DATA_DIR, or give yourself the right."""
