"""Which faults of the catalogue an error is that keeps the station from starting.

For a station that stays up without its line: page with the faults on it, outputs safe. Must not know how it stays up.
"""

from __future__ import annotations

from drivers.plc.errors import PlcError
from models.bundle import BundleError
from station.config.faults import ConfigError
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.ledger import LedgerFileError
from station.listening import ListenError
from station.workers.pool import WorkerError

_MODELS_KEYS = ("bundle", "trusted_keys", "allow_unsigned")
_CODES: tuple[tuple[type[Exception], FaultCode], ...] = (
    (BundleError, FaultCode.MODEL_REFUSED),
    (WorkerError, FaultCode.MODEL_REFUSED),
    (PlcError, FaultCode.PLC_PORT_IN_USE),
    (ListenError, FaultCode.PORT_IN_USE),
    (LedgerFileError, FaultCode.LEDGER_FILE),
)


def raise_start_faults(faults: FaultBoard, error: Exception) -> tuple[FaultCode, ...]:
    """Raise what `error` is, one fault for each line of a configuration that is wrong; the codes, in order.

    An error that was made from another one while that was handled (a StartError) is what that one was; one of no known
    kind (a camera that does not work as configured) is a configuration that cannot be used.
    """
    found = _known(error)
    if isinstance(found, ConfigError):
        codes: list[FaultCode] = []
        for fault in found.faults:
            model = any(fault.key.endswith(key) or f".{key}." in fault.key for key in _MODELS_KEYS)
            codes.append(FaultCode.MODEL_REFUSED if model else FaultCode.CONFIGURATION)
            faults.raise_(codes[-1], about=f"{fault.file}:{fault.line}:{fault.key}", reason=str(fault))
        return tuple(codes)
    code = next((code for kind, code in _CODES if isinstance(found, kind)), FaultCode.CONFIGURATION)
    faults.raise_(code, about="start", reason=str(error), file="the ledger file")
    return (code,)


def _known(error: BaseException) -> BaseException:
    """The first in the chain that has a line of its own in the catalogue; `error` itself where none has."""
    kinds = (ConfigError, *(kind for kind, _ in _CODES))
    link: BaseException | None = error
    while link is not None and not isinstance(link, kinds):
        link = link.__cause__ or link.__context__
    return error if link is None else link
