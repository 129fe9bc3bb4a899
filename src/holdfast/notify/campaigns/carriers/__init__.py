"""Carriers: each hands messages of one channel to somebody who takes them on, and says what became of each."""
