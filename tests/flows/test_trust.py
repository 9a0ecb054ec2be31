"""Prefect's clients on this machine read one certificate, and no longer the world's."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_SSL_CERT_FILE, PREFECT_API_URL, temporary_settings

from flows.trust import one_certificate


def test_one_certificate_is_laid_once_where_our_server_is(tmp_path: Path) -> None:
    home = tmp_path / "prefect"
    file = one_certificate(home)
    assert (file.parent, len(ssl.create_default_context(cafile=str(file)).get_ca_certs())) == (home, 1)
    file.write_text("as it was", "utf-8")
    assert one_certificate(home).read_text("utf-8") == "as it was"


def test_a_client_reads_no_more_than_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str | None] = []
    make = ssl.create_default_context

    def noted(*given: Any, cafile: str | None = None, **more: Any) -> ssl.SSLContext:
        read.append(cafile)
        return make(*given, cafile=cafile, **more)

    monkeypatch.setattr(ssl, "create_default_context", noted)
    file = str(one_certificate(tmp_path))
    settings = {PREFECT_API_URL: "http://127.0.0.1:1/api", PREFECT_API_SSL_CERT_FILE: file}
    # With wishes of its own it is a new one, whatever client this process has already.
    with temporary_settings(settings), get_client(httpx_settings={"timeout": 5}, sync_client=True):
        pass
    assert set(read) == {file}
