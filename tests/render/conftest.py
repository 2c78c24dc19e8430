"""Nouns made by hand, shared with the other rooms that take maps and clips."""

from made_nouns import make_clip, make_maps, rng

__all__ = ["make_clip", "make_maps", "rng"]
