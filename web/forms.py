"""Reads what a form sends: small, and only the fields that are asked for."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import HTTPException, Request

LARGEST = 64 * 1024
"""Bytes of a form: a page of text."""


async def body_of(request: Request) -> bytes:
    """Return a request's body; 413 for one that no form of ours sends."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            raise HTTPException(413)
    return body


def fields_of(body: bytes) -> dict[str, str]:
    """Return the fields of an urlencoded form, the last of each name; 400 for what is none."""
    try:
        read = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50)
    except ValueError as problem:
        raise HTTPException(400) from problem
    return {name: values[-1].strip() for name, values in read.items()}
