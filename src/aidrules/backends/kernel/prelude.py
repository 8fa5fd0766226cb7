"""Functions that a kernel calls, as text that stands in front of it, so that a file is complete.

Run as it is, a choice is a plain function; compiled, it is a single instruction (see `native`).
Both give the same on whole numbers of 63 bits.
"""

PRELUDE = """
one = 1


def select(condition, yes, no):
    return yes if condition else no


def least(left, right):
    return left if left < right else right


def most(left, right):
    return left if left > right else right


def quotient(dividend, divisor):
    return dividend // divisor


def place(row):
    return row


def flag(truth):
    return 1 if truth else 0


def code_of(mask):
    return mask.bit_length() - 1 if mask > 0 else 0


"""

CALENDAR = '''
def month_index(day):
    """Return the month of a day, counted from January of the year 0."""
    days = day + 305
    era = days // 146097
    of_era = days - era * 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    return (year + era * 400) * 12 + (5 * of_year + 2) // 153 + 2


def first_of_month(index):
    """Return the first day of a month, as an ordinal."""
    year = (index - 2) // 12
    month = index - 2 - year * 12
    era = year // 400
    of_era = year - era * 400
    days = of_era * 365 + of_era // 4 - of_era // 100 + (153 * month + 2) // 5
    return era * 146097 + days - 305


def add_months(day, months, mode):
    """Return the day that many months later; -1 where there is none and the mode is 2."""
    index = month_index(day)
    of_month = day - first_of_month(index)
    start = first_of_month(index + months)
    following = first_of_month(index + months + 1)
    moved = start + of_month
    if moved < following:
        return moved
    if mode == 0:
        return following - 1
    return following if mode == 1 else -1


def months_between(first, last, length, up):
    """Return how many periods of some months fit between two days."""
    start, end = month_index(first), month_index(last)
    months = end - start
    count = months // length
    if months != count * length:
        return count
    from_day, to_day = first - first_of_month(start), last - first_of_month(end)
    longest = first_of_month(end + 1) - first_of_month(end) - 1
    wanted = from_day if up or from_day < longest else longest
    return count if wanted <= to_day else count - 1


def month_start(day, offset):
    """Return the first day of the month of a day, or of one so many months later."""
    return first_of_month(month_index(day) + offset)


def year_start(day, offset):
    """Return the first day of the year of a day, or of one so many years later."""
    return first_of_month((month_index(day) // 12 + offset) * 12)


def year_of(day):
    return month_index(day) // 12


def month_of(day):
    return month_index(day) % 12 + 1


def day_of(day):
    return day - first_of_month(month_index(day)) + 1


def add_working_days(day, count, worked, first, length):
    """Return the day that many working days later; -1 if one on the way is of no known year."""
    step = 1 if count > 0 else -1
    left = count * step
    while left > 0:
        day += step
        at = day - first
        if at < 0 or at >= length or worked[at] == 2:
            return -1
        left -= worked[at]
    return day


'''
