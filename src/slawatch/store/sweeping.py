"""What a crash leaves beside the database: files of sealed days that no transaction entered."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def sweep(cursor: "DuckDBPyConnection", where: Path, spared: Iterable[Path] = ()) -> list[Path]:
    """Remove files that the manifest does not name, as a crash leaves them; return what was removed."""
    known = {name for (name,) in cursor.execute("SELECT file FROM sealed_day").fetchall()}
    known.update(path.name for path in spared)
    removed = []
    for path in where.iterdir():
        ours = path.suffix == ".parquet" or (path.name.startswith(".") and path.name.endswith(".unfinished"))
        if ours and path.name not in known:
            with contextlib.suppress(OSError):
                path.unlink()
                removed.append(path)
    return removed
