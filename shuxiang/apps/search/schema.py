"""The fields of the index. Change `VERSION` with any change here: the index is then rebuilt."""

from __future__ import annotations

import tantivy

VERSION = 4
TOKENS = "tokens"
SET_SEPARATOR = "\x1f"

_PHRASES = ("title", "author", "text", "syllables")
_EXACT = (
    "live",
    "starts",
    "title_key",
    "other_key",
    "author_key",
    "topic_key",
    "pinyin",
    "initials",
    "begins",
    "name_pinyin",
    "name_initials",
    "number",
    "class",
    "available_at",
)
FACETS = {
    "place": 500,
    "main_class": 40,
    "year": 60,
    "kind": 40,
    "language": 60,
    "audience": 40,
    "available": 2,
}
"""Facet name → the most values counted."""
MAX_PLACE_SETS = 60_000
"""The most different sets of places that are counted."""


def build() -> tantivy.Schema:
    """The schema: texts come cut into tokens by one blank each, numbers are for sort and facets."""
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("id", tokenizer_name="raw", index_option="basic")
    schema.add_text_field("meta", tokenizer_name="raw", index_option="basic")
    schema.add_text_field("position", stored=True, tokenizer_name="raw", index_option="basic")
    for name in _PHRASES:
        schema.add_text_field(name, tokenizer_name=TOKENS, index_option="position")
    schema.add_text_field("words", tokenizer_name=TOKENS, index_option="freq")
    schema.add_text_field("characters", tokenizer_name=TOKENS, index_option="basic")
    for name in _EXACT:
        schema.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        if name == "place":
            # Counting a field of one value takes a tenth of the time of one of many, so the set
            # of places of a title is one value.
            schema.add_text_field("place", tokenizer_name="raw", index_option="basic")
            schema.add_text_field("place_set", fast=True, tokenizer_name="raw")
        elif name == "year":
            schema.add_unsigned_field("year", indexed=True, fast=True)
        else:
            schema.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    schema.add_float_field("weight", fast=True)
    for name in (
        "id_upper",
        "id_lower",
        "by_loans",
        "by_year",
        "by_added",
        "by_pinyin",
    ):
        schema.add_unsigned_field(name, fast=True)
    return schema.build()


def register(index: tantivy.Index) -> None:
    """Give an opened index the tokenizer its fields name."""
    whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(TOKENS, whitespace)
