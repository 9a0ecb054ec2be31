"""Chance that anyone can repeat: a draw depends on the seed, the cooperative and its key, and on nothing else."""

from __future__ import annotations

_MASK = 0xFFFF_FFFF
_SEED_APART = 0x9E37_79B9
"""Added to a seed, so that small seeds lie far apart."""


def fmix32(h: int) -> int:
    """Return 32 bits mixed well: the last step of MurmurHash3."""
    h ^= h >> 16
    h = h * 0x85EB_CA6B & _MASK
    h ^= h >> 13
    h = h * 0xC2B2_AE35 & _MASK
    return h ^ h >> 16


def stream(seed: int, coop: int) -> int:
    """Return what all draws of one cooperative have in common."""
    return fmix32(fmix32(seed + _SEED_APART & _MASK) ^ coop)


def drawn(common: int, key: int) -> int:
    """Return the draw of a key, 0 to 99, of the cooperative with this stream."""
    return fmix32(common ^ key) * 100 >> 32


def u100(seed: int, coop: int, key: int) -> int:
    """Return a draw, 0 to 99."""
    return drawn(stream(seed, coop), key)
