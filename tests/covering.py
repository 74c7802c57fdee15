"""A few cases that stand for all, for what takes long and is alike on many pages."""

import re


def covering(cases, traits_of):
    """The first few of the cases that have, together, every trait that any of them has.

    What the front end does alike for all is tested on these: testing it on each would make the
    time grow with the book.
    """
    traits, chosen = {case: traits_of(*case) for case in cases}, []
    left = set().union(*traits.values())
    while left:
        chosen.append(max(cases, key=lambda case: len(traits[case] & left)))
        left -= traits[chosen[-1]]
    return chosen


def elements(html):
    """The elements of a page's text, with their roles: what somebody who cannot see it meets."""
    tags = re.finditer(r"<([a-z][\w-]*)([^>]*)>", html[html.index("<article") :])
    return {(tag[1], *re.findall(r'role="[^"]*"|type="[^"]*"', tag[2])) for tag in tags}
