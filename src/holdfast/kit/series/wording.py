"""Counts as sentences for people."""

from __future__ import annotations


def number(value: float) -> str:
    """Write a rate: whole from 10 on, one decimal below."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def sentence(name: str, *, rate: float, low: float, high: float) -> str:
    """Say how a rate (per minute) stands to its usual band: `Card payments 41 a minute against 6 to 9 usual`."""
    usual = number(low) if number(low) == number(high) else f"{number(low)} to {number(high)}"
    return f"{name[:1].upper()}{name[1:]} {number(rate)} a minute against {usual} usual"


def label(dimension: str, value: str) -> str:
    """Name a series: an intent speaks for itself, other dimensions say what they are."""
    words = value.replace("_", " ").strip()
    if dimension == "total":
        return "all contacts"
    return words if dimension == "intent" else f"{dimension} {words}"
