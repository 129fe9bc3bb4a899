"""Counts as sentences for people."""

from __future__ import annotations


def number(value: float) -> str:
    """Write a count: whole, with commas."""
    return f"{value:,.0f}"


def sentence(name: str, *, counted: float, low: float, high: float) -> str:
    """Say how a count of five minutes stands to its usual band: `Cards: 40 in five minutes, usual 3 to 9`."""
    usual = number(low) if number(low) == number(high) else f"{number(low)} to {number(high)}"
    return f"{name[:1].upper()}{name[1:]}: {number(counted)} in five minutes, usual {usual}"


def label(dimension: str, value: str) -> str:
    """Name a series: an intent speaks for itself, other dimensions say what they are."""
    words = value.replace("_", " ").strip()
    if dimension == "total":
        return "all contacts"
    return words if dimension == "intent" else f"{dimension} {words}"
