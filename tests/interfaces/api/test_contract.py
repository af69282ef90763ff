"""G4: what version 1 of the JSON interface promises (docs/api.md), line by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.db
PROMISED = Path(__file__).with_name("contract.txt")


def kind(schema: dict[str, Any]) -> str:
    """A type in short: string, integer|null, TitleItem[]."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if several:
        return "|".join(kind(each) for each in several)
    if schema.get("type") == "array":
        return kind(schema.get("items", {})) + "[]"
    return str(schema.get("type", "any"))


def lines(described: dict[str, Any]) -> Iterator[str]:
    """Every promise of an OpenAPI description."""
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            head = f"{method.upper()} {path}"
            for each in operation.get("parameters", ()):
                needed = "required" if each.get("required") else "optional"
                yield f"{head} {each['in']} {each['name']}: {kind(each['schema'])} {needed}"
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{head} takes {kind(content['schema'])}"
            for status, answer in operation["responses"].items():
                body = [kind(c["schema"]) for c in answer.get("content", {}).values()]
                yield f"{head} answers {status} {' or '.join(body)}".rstrip()
    for name, schema in described["components"]["schemas"].items():
        for member, of in schema.get("properties", {}).items():
            needed = "required" if member in schema.get("required", ()) else "optional"
            yield f"{name}.{member}: {kind(of)} {needed}"


@pytest.fixture
def described() -> dict[str, Any]:
    answer: dict[str, Any] = Client().get("/api/v1/openapi.json").json()
    return answer


def test_g4_nothing_that_version_1_promised_is_gone(described: dict[str, Any]) -> None:
    promised = set(PROMISED.read_text(encoding="utf-8").splitlines())
    there = set(lines(described))
    assert promised - there == set(), "broken promises: this is a new version of the interface"
    assert there - promised == set(), f"new: write it into {PROMISED.name}"


def test_g4_a_member_that_is_gone_or_became_required_is_seen(described: dict[str, Any]) -> None:
    before = set(lines(described))
    title = described["components"]["schemas"]["TitleItem"]
    del title["properties"]["isbn"]
    described["paths"]["/api/v1/titles"]["get"]["parameters"][0]["required"] = True
    gone = before - set(lines(described))
    assert len(gone) == 2
    assert any(line.startswith("TitleItem.isbn: string") for line in gone)
