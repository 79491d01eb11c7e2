"""Text as somebody typed it, without what nobody sees."""


def plain(text, instead="", lines=True):
    """Return text without control signs, and with one kind of end of a line.

    :param str instead: what stands where such a sign stood
    :param bool lines: whether ends of lines may stand in it

    >>> plain(" Hej\\x00\\r\\nigen\\t \\r")
    'Hej\\nigen'
    >>> plain("Hej\\x00\\nigen", instead=" ", lines=False)
    'Hej  igen'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        sign if sign.isprintable() or (lines and sign == "\n") else instead
        for sign in text
    ).strip()
