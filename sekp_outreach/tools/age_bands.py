"""Rough ages to choose from: as few as decide something."""

from typing import NamedTuple

OLDEST = 120


class Band(NamedTuple):
    """Ages from ``first`` to ``last``, 0 for no limit; ``age`` stands for them."""

    first: int
    last: int

    @property
    def key(self):
        """What a form sends for the band.

        >>> Band(0, 29).key, Band(30, 0).key
        ('0-29', '30-0')
        """
        return f"{self.first}-{self.last}"

    @property
    def age(self):
        """An age within the band: the one nearest to the limit that decides.

        >>> Band(0, 29).age, Band(30, 0).age, Band(18, 64).age
        (29, 30, 18)
        """
        return self.first or self.last


def age_bands(limits):
    """Return the bands that limits of age divide all ages into; none for no limit.

    :param limits: pairs of youngest and oldest age, 0 for no limit

    >>> [band.key for band in age_bands([(30, 0), (0, 29)])]
    ['0-29', '30-0']
    >>> [band.key for band in age_bands([(18, 64), (0, 0)])]
    ['0-17', '18-64', '65-0']
    >>> age_bands([(0, 0)]), age_bands([])
    ([], [])
    """
    cuts = {youngest for youngest, _oldest in limits}
    cuts |= {oldest + 1 for _youngest, oldest in limits if oldest}
    cuts = sorted(cut for cut in cuts if 0 < cut <= OLDEST)
    if not cuts:
        return []
    firsts, lasts = [0, *cuts], [*(cut - 1 for cut in cuts), 0]
    return [Band(*ends) for ends in zip(firsts, lasts, strict=True)]
