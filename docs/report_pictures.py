"""Take the pictures of docs/how-to/report.md: the report of a model in both themes, wide and as on a phone.

python -m docs.report_pictures runs/model
"""

import sys
from pathlib import Path

from benchmarks.browser import Browser

TARGET = Path(__file__).parent / "how-to"
SIZES = {1280: 1600, 390: 1600}  # the width of a window, and how much of the page is shown
CURVES = "how-was-it-trained", 720  # the section of its own picture, and how much of it is shown
QUALITY = 30


def main(model: Path) -> None:
    """Take the pictures of a model's report."""
    with Browser() as browser:
        for width, height in SIZES.items():
            for dark in (False, True):
                browser.open(model / "report.html", width=width, height=height, dark=dark)
                name = f"report-{width}-{'dark' if dark else 'light'}.webp"
                browser.picture(TARGET / name, whole=False, quality=QUALITY)
        browser.open(model / "report.html", height=CURVES[1])
        browser.run(f"document.getElementById('{CURVES[0]}').scrollIntoView({{behavior: 'instant'}})")
        browser.picture(TARGET / "report-curves.webp", whole=False, quality=QUALITY)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
