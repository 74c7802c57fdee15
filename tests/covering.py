"""A few cases that stand for all, for what takes long and is alike on many pages."""


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
