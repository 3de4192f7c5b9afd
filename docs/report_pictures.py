"""Take the pictures of docs/how-to/report.md: the report of a model in both themes, wide and as on a phone.

python -m docs.report_pictures runs/model
"""

import sys
from pathlib import Path

from benchmarks.browser import Browser

TARGET = Path(__file__).parent / "how-to"
SIZES = {1280: 1800, 390: 1800}  # the width of a window, and how much of the page is shown
QUALITY = 60


def main(model: Path) -> None:
    """Take the pictures of a model's report."""
    with Browser() as browser:
        for width, height in SIZES.items():
            for dark in (False, True):
                browser.open(model / "report.html", width=width, height=height, dark=dark)
                name = f"report-{width}-{'dark' if dark else 'light'}.webp"
                browser.picture(TARGET / name, whole=False, quality=QUALITY)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
