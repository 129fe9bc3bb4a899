"""A house whose log is written as the gate writes it; see tests/guard/ledger."""

from tests.guard.ledger.conftest import _an_empty_log, house, keys

__all__ = ["_an_empty_log", "house", "keys"]
