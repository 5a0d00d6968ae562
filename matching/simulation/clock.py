"""Minutes since a Monday at 00:00; nobody is asked at night, and nobody answers then."""

HOUR, DAY = 60, 1440
MORNING, EVENING = 8 * HOUR, 21 * HOUR
AWAKE = EVENING - MORNING
HALF_HOUR = 30


def is_day(minute: int) -> bool:
    return MORNING <= minute % DAY < EVENING


def after_awake(minute: int, awake: int) -> int:
    """When somebody has been awake for so many minutes from ``minute`` on.

    >>> after_awake(20 * HOUR, 30) == 20 * HOUR + 30
    True
    >>> after_awake(20 * HOUR, 2 * HOUR) == DAY + 9 * HOUR
    True
    """
    day, time = divmod(minute, DAY)
    days, time = divmod(min(max(time, MORNING), EVENING) - MORNING + awake, AWAKE)
    return (day + days) * DAY + MORNING + time
