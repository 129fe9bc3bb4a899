"""One file per channel, in and out: e-mail, chat, API.

In: what the outside world sends, in its own format. Out: contacts for `intake`, and messages on their way to people.
Nothing here decides what a contact means.
"""
