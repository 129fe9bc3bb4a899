"""Holdfast: customer support that holds on bad days."""

__version__ = "0.1.0"
