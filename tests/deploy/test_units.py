"""The systemd units: each is shut in, has its zone data, and is read by systemd itself where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
TIMERS = sorted(UNITS.glob("*.timer"))
SHUT_IN = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictSUIDSGID": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
    "User": "mourafaka",
}


def _read(path: Path) -> dict[str, dict[str, list[str]]]:
    """Return a unit's sections; a key may stand several times."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = {}
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[section].setdefault(name, []).append(value)
    return found


def _names(path: Path) -> set[str]:
    """Return the settings that a file gives, those in comments too."""
    return set(re.findall(r"\b((?:MOURAFAKA|PREFECT)_[A-Z_]+)=", path.read_text(encoding="utf-8")))


def known_settings() -> set[str]:
    """Return every setting that there is, ours and Prefect's."""
    import prefect.settings

    ours = {f"MOURAFAKA_{name.upper()}" for name in Settings.model_fields}
    prefects: set[str] = set()

    def walk(model: object, prefix: str) -> None:
        for name, one in model.model_fields.items():  # type: ignore[attr-defined]
            nested = one.annotation
            if hasattr(nested, "model_fields"):
                walk(nested, f"{prefix}{name}_")
            prefects.add(f"{prefix}{name}".upper())

    walk(prefect.settings.Settings, "prefect_")
    return ours | prefects


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_is_shut_in_and_has_its_zone_data(path: Path) -> None:
    service = _read(path)["Service"]
    assert {name: service.get(name, ["?"])[-1] for name in SHUT_IN} == SHUT_IN
    assert "PYTHONTZPATH=" in service["Environment"]
    assert len(service["EnvironmentFile"]) == 1
    assert all(one.startswith("/opt/mourafaka/.venv/bin/") for one in service["ExecStart"])


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_comes_back_and_has_time_to_end(path: Path) -> None:
    service = _read(path)["Service"]
    if service.get("Type") == ["oneshot"]:
        assert path.with_suffix(".timer") in TIMERS
        assert "TimeoutStartSec" in service
    else:
        assert service["Restart"][0] in {"always", "on-failure"}
        assert "TimeoutStopSec" in service


def test_prefect_s_server_is_on_loopback_and_asks_for_tokens() -> None:
    given = _read(UNITS / "prefect-server.service")["Service"]["Environment"]
    assert {
        "PREFECT_SERVER_API_HOST=127.0.0.1",
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED=true",
        "PREFECT_SERVER_ANALYTICS_ENABLED=false",
        "DO_NOT_TRACK=1",
    } <= set(given)
    assert "PREFECT_SERVER_API_AUTH_STRING" in _names(ROOT / "deploy" / "prefect-server.env")


def test_every_setting_that_is_named_exists() -> None:
    files = [*SERVICES, *(ROOT / "deploy").glob("*.env"), ROOT / "deploy" / "mourafaka"]
    assert set().union(*map(_names, files)) <= known_settings()


def test_the_watchdog_s_timer_is_as_short_as_a_lease() -> None:
    assert _read(UNITS / "mourafaka-watchdog.timer")["Timer"]["OnUnitActiveSec"] == ["5min"]
    assert Settings.model_fields["lease_seconds"].default == 5 * 60


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_reads_every_unit_without_a_word(tmp_path: Path) -> None:
    for path in (*SERVICES, *TIMERS):
        text = path.read_text(encoding="utf-8").replace("/opt/mourafaka/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    read = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stdout + read.stderr) == (0, "")
