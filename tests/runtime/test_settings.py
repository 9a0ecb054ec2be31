"""Settings that cannot be used are refused in a sentence that names the setting and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.mornings import Support
from programme.settings_errors import DataFolderUnusable, SecretShort, SettingsUnreadable, SettingWrong
from runtime import house
from runtime.language import _Written, _written
from runtime.settings import Settings


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("LEASE_SECONDS", "abc", "a number"),
        ("LEASE_SECONDS", "-1", "a number > 0.0"),
        ("RETENTION_YEARS", "0", "a number ≥ 1"),
        ("SEND_PROCESSES", "99", "a number ≤ 8"),
        ("SEND_PROCESSES", "1.5", "a number"),
        ("LOG_FORMAT", "xml", "'json', 'plain'"),
        ("MAIL_FROM", "nobody", "Name <name@example.org>"),
        ("SUPPORT_PHONE", "12", "0528000001 / +212528000001"),
        ("BASE_URL", "suivi.example.ma", "https://host"),
    ],
)
def test_settings_refuse_in_one_sentence(name: str, value: str, wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"MOURAFAKA_{name}", value)
    with pytest.raises(SettingWrong) as refused:
        Settings()
    assert refused.value.say() == (
        f"MOURAFAKA_{name} cannot be used as it is set: write {wanted}, in the environment or in .env."
    )


def test_settings_left_empty_have_their_default(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MOURAFAKA_LEASE_SECONDS=\nMOURAFAKA_MAIL_FROM=\n", encoding="utf-8")
    settings = Settings()
    assert (settings.lease_seconds, settings.mail_from) == (300, "Mourafaka <mourafaka@localhost>")


def test_the_support_is_whom_a_house_s_alerts_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOURAFAKA_SUPPORT_NAME", "Support SI")
    monkeypatch.setenv("MOURAFAKA_SUPPORT_PHONE", "05 28 00 00 01")
    assert house.build(Settings()).support == Support("Support SI", "+212528000001")


@pytest.mark.parametrize("secret", ["court", "x" * 31])
def test_a_secret_that_could_be_guessed_serves_no_page(secret: str) -> None:
    with pytest.raises(SecretShort, match=r"write at least 32 letters, made with python3 -c"):
        Settings(secret_key=secret).pages_secret()


def test_a_secret_of_32_letters_serves_pages() -> None:
    assert Settings(secret_key="x" * 32).pages_secret() == "x" * 32


def test_settings_refuse_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("MOURAFAKA_MAIL_FROM=Délégation <d@example.org>\n".encode("cp1252"))
    with pytest.raises(SettingsUnreadable, match=r"save it as UTF-8 text"):
        Settings()


def test_language_says_nothing_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"MOURAFAKA_LANGUAGE=\xff\xfe\n")
    with pytest.raises(UnicodeDecodeError):
        _Written()
    assert _written.__wrapped__() == {}


def test_house_refuses_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DataFolderUnusable, match=r"The data folder data cannot be made .*something is there already"):
        house.build(Settings())
