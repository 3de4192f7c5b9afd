"""Further references of an evaluation: other good translations of the same sources."""

from unspool.data.findings import Findings
from unspool.data.pairs import Pair, read_cells
from unspool.errors import UsageError
from unspool.tasks.translation.specs import ReferenceSpec, TranslationDataSpec

References = list[list[str | None]]  # of each further column or file, one for each pair; none where it is empty


def read_referenced(
    data: TranslationDataSpec, further: ReferenceSpec, findings: Findings
) -> tuple[list[Pair], References]:
    """Read pairs that have both sides, and the further references of each.

    Args:
        data: names tables and their columns, or two aligned files.
        further: names further columns of the tables, or further files.
        findings: receives what reading finds.

    Raises:
        UsageError: columns are named and there is no table, or files and there are no files.
        DataError: they cannot be read.
    """
    if (further.reference and data.columns is None) or (further.reference_file and data.files is None):
        raise UsageError(
            "further references are columns of the table of pairs, or files beside two files of pairs. Received: "
            f"{', '.join((*further.reference, *further.reference_file))}.",
            "name columns with --reference, files with --reference-file.",
        )
    columns = None if data.columns is None else (*data.columns, *further.reference)
    files = None if data.files is None else (*data.files, *further.reference_file)
    rows = read_cells(data.sources, data, columns, files, findings)
    references: References = [[cell if cell.strip() else None for cell in column] for column in zip(*rows, strict=True)]
    return [Pair(*row[:2]) for row in rows], references[2:]
