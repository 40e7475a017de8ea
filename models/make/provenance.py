"""Where a bundle comes from: what a stranger needs to make it again, and what the audit of its data found."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from models.make.code_version import code_version, library_versions
from models.make.data.audit import audit_data
from models.make.data.findings import AuditResult, Finding, Kind, Level
from models.make.errors import MakingError
from models.make.run_folder import RunFolder
from models.spec import IDENTITY


def audited_data(run: RunFolder, folder: Path, threads: int) -> dict[str, JsonValue]:
    """The whole audit in short; MakingError where train and test share pictures, or files are not as listed."""
    result = audit_data(folder, run.product.set_name, threads)
    bad = refusing(result, run.product.kind)
    if bad:
        raise MakingError(
            f"{folder}: expected a data set without leak or fault, found {len(bad)}, the first: {bad[0].text}; "
            "the test figures would not tell what the bundle is worth; see `station model data audit`"
        )
    return result.provenance()


def refusing(result: AuditResult, kind: str) -> tuple[Finding, ...]:
    """What forbids a bundle. Plates of one type look alike by nature: there likeness proves nothing, only bytes do."""
    bad = (*result.of(Level.LEAK), *result.of(Level.FAULT))
    alike = {Kind.COPY_IN_TWO_SPLITS, Kind.COPY_UNDER_TWO_LABELS} if kind == IDENTITY else set[Kind]()
    return tuple(finding for finding in bad if finding.kind not in alike)


def provenance(run: RunFolder) -> dict[str, object]:
    """Where the bundle comes from, with all that a stranger needs to make it again. No path of a machine."""
    order = run.order
    return {
        "product": order.product.model_dump(mode="json"),
        "set": order.product.set_name,
        "data_digest": order.data_digest,
        "audit_before_training": dict(order.audit),
        "pictures": dict(order.pictures),
        "parts": dict(order.parts),
        "network": order.network,
        "seed": order.seed,
        "epochs": order.epochs,
        "limit": order.limit,
        "teachers": list(order.teachers),
        "temperature": order.temperature,
        "alpha": order.alpha,
        "weights_from": order.weights_from,
        "code": {"trained": order.code, "exported": code_version()},
        "libraries": {"trained": dict(order.libraries), "exported": library_versions()},
        "notes": list(order.product.notes),
    }
