"""What the log is made of. Triggers see to it that leaves, acts, tiles and checkpoints only ever grow."""

from __future__ import annotations

from django.db import models

from holdfast.kit.ids import uuid7


class Act(models.Model):
    """Something that has to be provable and is no request to see: an export, a cut-off, an erasure."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    customer_id = models.UUIDField(null=True)
    conversation_id = models.UUIDField(null=True)
    details = models.CharField(max_length=200, blank=True, help_text="Ids and counts, never a customer's values.")


class Pending(models.Model):
    """Committed, and without a leaf yet. Triggers write it in the transaction of what it names."""

    kind = models.CharField(max_length=10)
    source_id = models.UUIDField()


class Leaf(models.Model):
    """One entry at its place for good. Its salts may be destroyed, nothing else of it changes."""

    index = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10)
    source_id = models.UUIDField()
    entry = models.TextField(help_text="The bytes that are hashed; ASCII.")
    sequenced_at = models.DateTimeField()
    actor_salt = models.BinaryField(null=True)
    customer_salt = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source_id", "kind"], name="ledger_one_leaf_each")]


class Tile(models.Model):
    """Up to 256 hashes side by side: of leaves on level 0, of whole tiles of the level below on the others."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="ledger_one_tile_each")]


class Checkpoint(models.Model):
    """A signed statement of size and root, as it was published."""

    size = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    body = models.TextField()
    signatures = models.TextField()


class Succession(models.Model):
    """One signing key took over from another, as both signed it (`succession`)."""

    size = models.BigIntegerField(help_text="Of the last checkpoint that the old key signed.")
    at = models.DateTimeField()
    note = models.TextField()


class Witness(models.Model):
    """A key of a second organisation whose cosignatures are kept."""

    vkey = models.TextField(unique=True)
    name = models.CharField(max_length=200)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    url = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text="Where checkpoints are pushed to; else it comes.",
    )
    inside = models.BooleanField(default=False, db_default=False, help_text="It may stand at a private address.")


class Cosignature(models.Model):
    """A witness saw this checkpoint, and that it goes on from the one it saw before. The latest time is kept."""

    checkpoint = models.ForeignKey(Checkpoint, models.CASCADE, related_name="cosignatures")
    witness = models.ForeignKey(Witness, models.CASCADE, related_name="cosignatures")
    line = models.TextField()
    at = models.DateTimeField(help_text="As the witness signed it.")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["checkpoint", "witness"], name="ledger_one_cosignature_each")]
