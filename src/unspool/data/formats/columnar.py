"""Rows of a .parquet file."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import BinaryIO

from unspool.data.formats.objects import Fields
from unspool.data.formats.row import Row, check_unique
from unspool.errors import DataError, MissingExtraError


def read_parquet(stream: BinaryIO, file: str, requested: Sequence[str]) -> Iterator[Row]:
    """Read the rows of a file that is open for reading bytes.

    Raises:
        DataError: it is damaged, or has a requested column twice.
        MissingExtraError: pyarrow is not installed.
    """
    if not find_spec("pyarrow"):
        raise MissingExtraError("pyarrow", "data", f"reading {file}")
    from pyarrow import ArrowException, parquet

    number = 0
    try:
        table = parquet.ParquetFile(stream)
        check_unique(table.schema_arrow.names, file, requested)
        for batch in table.iter_batches():
            for values in batch.to_pylist():
                number += 1
                yield Row(f"row {number:,}", Fields(values))
    except (ArrowException, OSError, UnicodeDecodeError) as problem:
        reason = str(problem).splitlines()[0]
        raise DataError(f"{file} cannot be read: {reason:.100}.", "check the file.") from None
