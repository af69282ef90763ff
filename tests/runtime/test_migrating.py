"""A field that is copied while migrations run is the field that Django's own clone makes."""

from __future__ import annotations

from django.db.migrations.loader import MigrationLoader
from django.db.models import Field

from shuxiang.runtime.migrating import copied_fields


def test_copied_fields_are_what_clones_are_in_the_same_order() -> None:
    state = MigrationLoader(None).project_state()
    assert len(state.models) > 100
    for model in state.models.values():
        with copied_fields():
            copies = [field.clone() for field in model.fields.values()]
        clones = [field.clone() for field in model.fields.values()]
        assert [f.deconstruct()[1:] for f in copies] == [f.deconstruct()[1:] for f in clones]
        numbers = [f.creation_counter for f in copies if not f.auto_created]
        assert numbers == sorted(set(numbers))
        for field, copied in zip(model.fields.values(), copies, strict=True):
            assert copied is not field
            if copied.remote_field:
                assert copied.remote_field is not field.remote_field
                assert copied.remote_field.field is copied


def test_afterwards_a_field_is_cloned_as_before() -> None:
    before = Field.clone
    with copied_fields():
        assert Field.clone is not before
    assert Field.clone is before
