"""The HTTP cache from which roc-validator works offline, filled from what the packages here carry."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import requests
import rocrate
from requests_cache import CachedSession
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
HEADERS = {"Content-Type": "application/ld+json"}


def context() -> str:
    """Return RO-Crate's JSON-LD context.

    The package rocrate carries version 1.3, which keeps the terms of 1.1 but for those of Bioschemas: 1.1 has them as
    ``https://bioschemas.org/ComputationalWorkflow``, and roc-validator's rules for 1.1 ask for them so.
    """
    text = (Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_text(encoding="utf-8")
    assert '"https://bioschemas.org/terms/ComputationalWorkflow"' in text
    return text.replace('"https://bioschemas.org/terms/', '"https://bioschemas.org/')


def fill(cache: Path) -> Path:
    """Store the context in a cache as if it had been fetched; return the cache."""
    body = context().encode()
    response = requests.Response()
    response.status_code, response.url, response.reason = 200, CONTEXT, "OK"
    response.headers.update(HEADERS)
    response._content = body
    response.raw = HTTPResponse(BytesIO(body), HEADERS, 200, preload_content=False, request_url=CONTEXT)
    response.request = requests.Request("GET", CONTEXT).prepare()
    with CachedSession(str(cache), backend="sqlite") as session:
        session.cache.save_response(response)
    return cache
