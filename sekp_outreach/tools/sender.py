"""What is counted of a sender, and by which limit, without knowing who it is."""

import ipaddress

from . import limits

# How often a kind of thing may be sent, as a multiple of a municipality's limit: a
# page behind a code is opened again and again. Files count by the megabyte.
SHARES = {
    "submit": 1, "system": 1, "message": 1, "mail": 1, "code": 5, "file": 5,
    "mail_file": 5,
}  # fmt: skip
MEGABYTE = 1024 * 1024
# So much comes through however low the limit is: one report with all its files.
LEAST = {
    "file": limits.FILES_SIZE // MEGABYTE,
    "mail_file": limits.FILES_SIZE // MEGABYTE,
}
# In a day and a night a municipality takes what fills so many hours.
FULL_HOURS = 3
# Bits of an address that are one household or one organisation.
NETWORK = {4: 32, 6: 64}


def tidy(source):
    """Return what is counted as one sender; empty for none.

    An address of the newer kind counts by its network, for each household has
    millions of them.

    >>> tidy(" 203.0.113.7 "), tidy("::ffff:203.0.113.7")
    ('203.0.113.7', '203.0.113.7')
    >>> tidy("2001:db8:1:2:3:4:5:6") == tidy("2001:db8:1:2::1")
    True
    >>> tidy("Somebody@Example.org"), tidy(None), tidy("fe80::1%eth0")
    ('somebody@example.org', '', 'fe80::')
    """
    text = str(source or "").strip().casefold()
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    address = getattr(address, "ipv4_mapped", None) or address
    prefix = NETWORK[address.version]
    network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
    return str(network.network_address)


def limit(kind, each):
    """Return how often one kind of thing may be sent in an hour.

    :param str kind: a key of ``SHARES``
    :param int each: the municipality's limit for reports
    :raises ValueError: for another kind

    >>> limit("submit", 20), limit("file", 20), limit("file", 1)
    (20, 100, 20)
    >>> limit("anything", 20)
    Traceback (most recent call last):
        ...
    ValueError: anything
    """
    if kind not in SHARES:
        raise ValueError(kind)
    return max(SHARES[kind] * each, LEAST.get(kind, 1))


def megabytes(size):
    """Return what files of so many bytes together count for.

    >>> megabytes(0), megabytes(1), megabytes(MEGABYTE), megabytes(MEGABYTE + 1)
    (0, 1, 1, 2)
    """
    return -(-size // MEGABYTE)


def allows(number, mine, hour, day, of_source, of_all):
    """Tell whether so many more are within the limits.

    When more than half of the room is used, a sender gets through once: a few who send
    without end leave the other half to everybody else.

    :param int number: how many more
    :param int mine: what this sender has sent in this hour
    :param int hour: what all have sent in this hour
    :param int day: what all have sent in this and the 23 hours before
    :param int of_source: one sender's limit for an hour
    :param int of_all: everybody's limit for an hour

    >>> allows(1, 2, 2, 2, 3, 100), allows(1, 3, 3, 3, 3, 100)
    (True, False)
    >>> allows(1, 1, 49, 49, 3, 100), allows(1, 1, 50, 50, 3, 100)
    (True, False)
    >>> allows(1, 0, 99, 99, 3, 100), allows(1, 0, 100, 100, 3, 100)
    (True, False)
    >>> allows(1, 0, 0, 299, 3, 100), allows(1, 0, 0, 300, 3, 100)
    (True, False)
    """
    rooms = ((hour + number, of_all), (day + number, FULL_HOURS * of_all))
    return (
        mine + number <= of_source
        and all(used <= room for used, room in rooms)
        and (not mine or all(2 * used <= room for used, room in rooms))
    )
