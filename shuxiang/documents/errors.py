"""What can go wrong while a document is made."""

from __future__ import annotations


class DocumentError(Exception):
    """The document cannot be made from what was given; the text says what to change."""


class FontsMissing(DocumentError):
    """Chinese cannot be printed: no CJK font where one must be."""
