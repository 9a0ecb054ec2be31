"""The compose file and the image: who listens where, what must be set, and that every setting exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.test_units import known_settings

ROOT = Path(__file__).resolve().parents[2]
ONCE = {"init", "deploy"}
"""Services that do one thing and end."""


def _compose() -> dict[str, Any]:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def _services() -> dict[str, Any]:
    services: dict[str, Any] = _compose()["services"]
    return services


def test_there_is_what_several_machines_need() -> None:
    assert set(_services()) == {
        "database", "prefect-database", "init", "prefect", "deploy", "worker", "web", "watchdog",
    }  # fmt: skip
    commands = {name: one.get("command") for name, one in _services().items()}
    assert commands["worker"][:5] == ["prefect", "worker", "start", "--pool", "mourafaka"]
    assert "prefect --no-prompt deploy --all" in commands["deploy"][-1]


def test_what_is_published_is_published_on_this_machine_alone() -> None:
    ports = [port for one in _services().values() for port in one.get("ports", [])]
    assert ports == ["127.0.0.1:4200:4200", "127.0.0.1:8000:8000"]


def test_prefect_s_server_has_a_password_and_asks_for_tokens() -> None:
    given = _services()["prefect"]["environment"]
    assert given["PREFECT_SERVER_API_AUTH_STRING"].startswith("mourafaka:${PREFECT_PASSWORD:?")
    assert given["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert given["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET_KEY|SMTP_URL))(..)", text))
    assert {how for _name, how in asked} == {":?"}
    assert {name for name, _how in asked} == {
        "DATABASE_PASSWORD",
        "PREFECT_DATABASE_PASSWORD",
        "PREFECT_PASSWORD",
        "MOURAFAKA_SECRET_KEY",
        "MOURAFAKA_SMTP_URL",
    }


def test_every_setting_that_is_named_exists() -> None:
    named = {name for one in _services().values() for name in one.get("environment", {})}
    ours = {name for name in named if name.startswith(("MOURAFAKA_", "PREFECT_"))}
    assert len(ours) > 10
    assert ours <= known_settings()


def test_every_lasting_service_is_looked_after() -> None:
    for name, one in _services().items():
        if name in ONCE:
            assert one["restart"] == "no"
            continue
        assert one["restart"] == "unless-stopped"
        assert "healthcheck" in one or name == "watchdog"  # which is itself what looks


def test_every_service_of_ours_is_shut_in_and_has_its_zone_data() -> None:
    for name, one in _services().items():
        if "database" not in name:
            assert one["read_only"] is True
            assert one["cap_drop"] == ["ALL"]
            assert one["environment"]["PYTHONTZPATH"] == ""


def test_every_dependency_is_a_service_that_can_meet_it() -> None:
    services = _services()
    for one in services.values():
        for name, wish in one.get("depends_on", {}).items():
            if wish["condition"] == "service_healthy":
                assert "healthcheck" in services[name]
            else:
                assert name in ONCE


def test_image_runs_as_nobody_in_particular_with_what_the_lock_names() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 10001" in lines
    assert any("--require-hashes -r requirements.lock" in line for line in lines)
    assert any('PYTHONTZPATH=""' in line for line in lines)
