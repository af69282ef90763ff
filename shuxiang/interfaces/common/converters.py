"""URL parts every door understands. Importing this module registers them."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter


class HexId(StringConverter):
    """An id as the database knows it: 32 lower-case hex digits. Anything else is a 404."""

    regex = "[0-9a-f]{32}"


class Year(StringConverter):
    """A year of four digits as a number."""

    regex = "(?:19|20|21)[0-9]{2}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:04d}"


register_converter(HexId, "id")
register_converter(Year, "year")
