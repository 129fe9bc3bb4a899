"""A house whose log is written as the gate writes it; see tests/guard/ledger."""

from tests.guard.ledger.conftest import house, keys

__all__ = ["house", "keys"]
