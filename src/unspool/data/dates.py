"""Generate pairs of dates, as people write them and in ISO 8601: an example of data that are pairs.

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
    "{day:02}/{month_number:02}/{year}",
    "{day}.{month_number}.{year}",
    "{ordinal} {month}, {year}",
    "{month} {year}, on the {ordinal}",
)


def date_pairs(count: int = COUNT, seed: int = 0) -> list[tuple[str, str]]:
    """Generate pairs of a date in one of several styles, and in ISO 8601.

    No date occurs twice, so that held-out dates are new.

    Args:
        count: is the number of pairs, at most one for each day of two centuries.
        seed: starts the random numbers of the days and their styles.
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
        month_number=date.month,
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
