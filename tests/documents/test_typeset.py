"""typeset: data is data, and errors are ours."""

from __future__ import annotations

import pytest

from shuxiang.documents.errors import DocumentError
from shuxiang.documents.typeset import typeset


def test_an_unknown_template_is_named() -> None:
    with pytest.raises(DocumentError, match=r"no template missing\.typ"):
        typeset("missing", {})


def test_data_the_template_cannot_use_is_one_clear_error() -> None:
    with pytest.raises(DocumentError, match=r"^slip\.typ: "):
        typeset("slip", {"paper": 80})
