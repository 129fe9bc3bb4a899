"""Tidewater: a fictional digital bank with texts, people, conversations and a demo operations service.

In: a seed number; texts written for it (articles, scripts, replies) beside this file. Out: rows that are always
the same for the same seed (`seed.seed`), and an HTTP service that knows the same customers (`operations_service`).
Every value is synthetic: reserved mail domains, telephone ranges kept free for fiction, an IBAN of no real bank.
"""
