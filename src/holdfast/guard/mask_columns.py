"""What a table needs beside a sealed column, for the migration that adds one.

The mask is a column that the table itself makes from the stored form, so that the application reads masks without the
right to read ciphertext. A row that was read and is saved again names itself (`=<table>.<column>.<key>`) instead of a
stored form that nobody gave it; a trigger then keeps what is there, and refuses the name of another row.
"""

from __future__ import annotations

from django.db import migrations

from holdfast.guard.fields import mask_column

_BESIDE = """
ALTER TABLE {table}
    ADD COLUMN {mask} text NOT NULL GENERATED ALWAYS AS (CASE
        WHEN {column} = '' THEN '' ELSE coalesce(nullif(split_part({column}, '.', 4), ''), '?') END) STORED,
    ADD CONSTRAINT {table}_{column}_is_stored CHECK (NOT starts_with({column}, '='));
CREATE TRIGGER guard_keep_{column} BEFORE UPDATE OF {column} ON {table} FOR EACH ROW
    WHEN (starts_with(NEW.{column}, '=')) EXECUTE FUNCTION guard_keep_sealed('{column}', '{key}');
"""
_ALONE = """
DROP TRIGGER guard_keep_{column} ON {table};
ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_is_stored, DROP COLUMN {mask};
"""


def beside(table: str, *columns: str, key: str = "id") -> migrations.RunSQL:
    """Return the operation that gives sealed `columns` of `table` their masks; its primary key is the column `key`."""
    named = [{"table": table, "column": column, "mask": mask_column(column), "key": key} for column in columns]
    return migrations.RunSQL(
        "".join(_BESIDE.format(**each) for each in named), "".join(_ALONE.format(**each) for each in named)
    )
