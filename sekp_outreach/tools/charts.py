"""Where the lines and bars of a plain chart lie; whoever draws it writes the SVG."""

from typing import NamedTuple


class Line(NamedTuple):
    """A line of values over time, in units of a picture.

    :param points: text for ``polyline``
    :param dots: places of the values, from left to right
    :param levels: heights of the lines that it is compared with
    """

    points: str
    dots: list
    levels: list


def line(values, levels=(), width=220, height=60, edge=8, top=None):
    """Lay out a line of values, the lowest edge at zero.

    :param levels: values to compare with, such as a target
    :param top: the value of the upper edge; the highest of all when None

    >>> line([0, 50, 100], [40], width=100, height=50, edge=0, top=100)
    Line(points='0,50 50,25 100,0', dots=[(0, 50), (50, 25), (100, 0)], levels=[30])
    >>> line([5], width=100, height=50, edge=10).dots
    [(50, 10)]
    >>> line([0, 0], width=100, height=50, edge=10).points
    '10,40 90,40'
    """
    highest = top or max([*values, *levels, 0]) or 1

    def at(value):
        return round(height - edge - value * (height - 2 * edge) / highest)

    steps = len(values) - 1
    dots = [
        (
            round(edge + number * (width - 2 * edge) / steps) if steps else width // 2,
            at(value),
        )
        for number, value in enumerate(values)
    ]
    points = " ".join(f"{across},{down}" for across, down in dots)
    return Line(points, dots, [at(level) for level in levels])


def bars(values, width=300, top=None):
    """Return the lengths of bars, none shorter than a stroke that is not zero.

    >>> bars([10, 5, 0], width=100), bars([1, 1000], width=100), bars([])
    ([100, 50, 0], [1, 100], [])
    """
    highest = top or max([*values, 0]) or 1
    return [max(round(value * width / highest), int(value > 0)) for value in values]
