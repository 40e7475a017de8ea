"""The part ledger on the disk: which parts were in flight and what the sums are, also after `kill -9` (P1, P9)."""

from station.ledger.entry import Sums
from station.ledger.file import LedgerFile
from station.ledger.opening import LedgerFileError
from station.ledger.replay import Recovered

__all__ = ["LedgerFile", "LedgerFileError", "Recovered", "Sums"]
