"""How every form of the house is drawn."""

from __future__ import annotations

from django.forms.renderers import DjangoTemplates


class FieldRenderer(DjangoTemplates):
    """For the FORM_RENDERER setting: fields with label, hint and errors tied to them."""

    field_template_name = "common/field.html"
