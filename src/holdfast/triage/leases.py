"""How often a contact may cost a worker its life before it is tried alone, and before it is set aside."""

from __future__ import annotations

TOGETHER = 3
"""Attempts in company. A contact whose lease ran out this often is suspected of killing its worker."""
ALONE = 5
"""Attempts altogether, the last ones alone. After that it is parked without another look."""
