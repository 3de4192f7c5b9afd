"""Make dates as people write them, and as ISO 8601: pairs of texts to try a task of pairs on.

"Tuesday, the 4th of March 1997" -> "1997-03-04"
"""

import datetime

import numpy as np

DATES = "dates made by Unspool"
COUNT = 20_000
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)

_MONTHS = ("January", "February", "March", "April", "May", "June", "July")
MONTHS = (*_MONTHS, "August", "September", "October", "November", "December")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STYLES = (
    "{month} {day}, {year}",
    "{day} {month} {year}",
    "the {ordinal} of {month} {year}",
    "{weekday}, {month} the {ordinal}, {year}",
    "{weekday} {day} {short} {year}",
    "{short} {day} {year}",
    "{short}. {ordinal}, {year}",
    "{day:02}/{number:02}/{year}",
    "{day}.{number}.{year}",
    "{ordinal} {month}, {year}",
    "{month} {year}, on the {ordinal}",
)


def date_pairs(count: int = COUNT, seed: int = 0) -> list[tuple[str, str]]:
    """Make pairs of a date in one of several styles, and in ISO 8601.

    No date occurs twice, so that those held out at the end are new.

    Args:
        count: how many pairs, at most one for each day of two centuries.
        seed: of the days, and of their styles.
    """
    generator = np.random.default_rng(seed)
    days = generator.permutation((LAST - FIRST).days + 1)[:count]
    dates = [FIRST + datetime.timedelta(int(day)) for day in days]
    styles = generator.integers(len(STYLES), size=count)
    cases = generator.integers(4, size=count)
    return [
        (_written(d, STYLES[style], case), d.isoformat()) for d, style, case in zip(dates, styles, cases, strict=True)
    ]


def _written(date: datetime.date, style: str, case: int) -> str:
    month = MONTHS[date.month - 1]
    text = style.format(
        day=date.day,
        number=date.month,
        year=date.year,
        month=month,
        short=month[:3],
        weekday=WEEKDAYS[date.weekday()],
        ordinal=_ordinal(date.day),
    )
    return text.lower() if case == 0 else text


def _ordinal(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
