"""Imports over HTTP: history files, CSV and XLSX, tried or done; every row accounted for as on the command line.

The lines of a history file say who acted; importing them is the credit office's act and is recorded as such. Files are
written to a folder of their own that only this process can read, and removed when the answer is made.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Query, UploadFile

from api.auth import DeskDep
from api.bodies import KeyDep
from api.desk import Desk
from api.openapi import import_operation
from api.outcomes import ImportReport
from api.policy import CREDIT_OFFICE, open_to
from api.problems import Problem
from api.uploads import uploads
from ledger.errors import Invalid, NotFound
from ledger.importing.batch import BatchStopped, import_tables
from ledger.importing.errors import Rejection, RowRefused
from ledger.importing.history import import_history
from ledger.importing.mapping import TableMappings, load_mapping, shipped_mappings
from ledger.line import LineActor

MAX_FILES: Final = 40
MAX_TOTAL_BYTES: Final = 64 * 1024 * 1024
HISTORY: Final = ".jsonl"
TABLE: Final = ".csv"
WORKBOOK: Final = ".xlsx"
MAPPING: Final[Any] = Form(
    max_length=40,
    description="the name of a shipped mapping; tables need one, a history file none",
    json_schema_extra={"enum": list(shipped_mappings())},
)
router = APIRouter(prefix="/v1", route_class=uploads(MAX_TOTAL_BYTES))


@router.post(
    "/imports",
    tags=["imports"],
    responses={200: {"description": "what became of every row"}},
    openapi_extra=import_operation(),
)
@open_to(CREDIT_OFFICE)
def import_files(
    desk: DeskDep,
    key: KeyDep,
    files: Annotated[list[UploadFile], File(description="one history file, or the tables of a source")],
    mapping: Annotated[str | None, MAPPING] = None,
    dry_run: Annotated[bool, Query()] = False,
    skip_refused: Annotated[bool, Query()] = False,
) -> Annotated[dict[str, Any], ImportReport]:
    """Import files, or try to (`dry_run`). A batch that was imported before is `already-imported`, whatever its key.

    A refused row stops it, unless refused rows are skipped or it is only tried: then the answer is a problem that
    names those rows.
    """
    if not 1 <= len(files) <= MAX_FILES:
        raise Invalid(f"send 1 to {MAX_FILES} files", code="out-of-range", field="files")
    endings = [PurePath(upload.filename or "").suffix.lower() for upload in files]
    with tempfile.TemporaryDirectory(prefix="integrity-import-") as name:
        folder = Path(name)
        if HISTORY in endings:
            answer = _history(desk, folder, files, dry_run=dry_run, skip_refused=skip_refused)
        else:
            answer = _tables(desk, folder, files, _mapping(mapping), dry_run=dry_run, skip_refused=skip_refused)
    if answer.get("refused") and not (dry_run or skip_refused):
        raise Problem(422, "import-stopped", "a refused row stopped the import: see `refused`", more=answer)
    return answer


def _mapping(name: str | None) -> TableMappings:
    if not name:
        raise Invalid("tables need the name of a mapping", code="missing-field", field="mapping")
    if name not in shipped_mappings():
        raise Invalid(f"one of {', '.join(shipped_mappings())}", code="no-such-mapping", field="mapping")
    return load_mapping(name)


def _history(
    desk: Desk, folder: Path, files: Sequence[UploadFile], *, dry_run: bool, skip_refused: bool
) -> dict[str, Any]:
    if len(files) != 1:
        raise Invalid("a history file comes alone", code="out-of-range", field="files")
    path, viewer = _kept(files[0], folder / f"history{HISTORY}"), desk.viewer
    report = import_history(
        desk.ledger,
        path,
        dry_run=dry_run,
        skip_refused=skip_refused,
        actor=viewer.actor,
        caller=LineActor(viewer.actor, viewer.role, viewer.unit),
    )
    return report.as_json()


def _tables(
    desk: Desk,
    folder: Path,
    files: Sequence[UploadFile],
    mapping: TableMappings,
    *,
    dry_run: bool,
    skip_refused: bool,
) -> dict[str, Any]:
    viewer = desk.viewer
    try:
        report = import_tables(
            desk.ledger,
            _kept_tables(folder, files, mapping),
            mapping,
            dry_run=dry_run,
            skip_refused=skip_refused,
            actor=LineActor(viewer.actor, viewer.role, viewer.unit),
        )
    except BatchStopped as stopped:
        report = stopped.report
    except RowRefused as refusal:
        return {"refused": [Rejection.of(refusal).as_json()], "size": desk.ledger.size}
    except (Invalid, NotFound) as error:
        # Names of files and of their sheets are the caller's own: they are not repeated.
        raise Invalid("the files cannot be read with this mapping", code=error.code, field="files") from None
    answer = report.as_json()
    refused = answer.pop("rejected")
    return {**answer, "refused": refused}


def _kept_tables(folder: Path, files: Sequence[UploadFile], mapping: TableMappings) -> list[Path]:
    """The files under the names of their tables, by which they are recognised; workbooks under names of ours."""
    known = mapping.tables
    paths = []
    for number, upload in enumerate(files):
        given = PurePath((upload.filename or "").replace("\\", "/"))
        if given.suffix.lower() == WORKBOOK:
            paths.append(_kept(upload, folder / f"{number}{WORKBOOK}"))
            continue
        if given.suffix.lower() != TABLE:
            raise Invalid("a .jsonl, .csv or .xlsx file is expected", code="unknown-file-type", field="files")
        if given.stem not in known:
            raise Invalid("the mapping has no table of that name", code="unknown-table", field="files")
        if folder / f"{given.stem}{TABLE}" in paths:
            raise Invalid("a table was given twice", code="duplicate-table", field="files")
        paths.append(_kept(upload, folder / f"{given.stem}{TABLE}"))
    return paths


def _kept(upload: UploadFile, path: Path) -> Path:
    with path.open("wb") as target:
        shutil.copyfileobj(upload.file, target)
    return path
