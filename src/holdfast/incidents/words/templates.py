"""Templates: written in peace, a version for each change, in several languages."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction
from django.db.models import Max

from holdfast.incidents.words.contract import Use
from holdfast.incidents.words.errors import NotFound, Refused, Stale
from holdfast.incidents.words.filling import variables
from holdfast.incidents.words.models import Template, Version
from holdfast.incidents.words.seeds import SEEDS
from holdfast.kit.clock import now

_LOCALE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,6})?")


@transaction.atomic
def add(*, slug: str, title: str, use: str) -> int:
    """Add a template without words yet and return its id. Raises `Refused`."""
    slug, title = slug.strip().lower(), " ".join(title.replace("\x00", "").split())
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug) or len(slug) > 40:
        raise Refused("The short name has small letters, digits and hyphens, at most 40.")
    if not title or len(title) > 80:
        raise Refused("Give it a title of at most 80 characters.")
    if use not in Use.values:
        raise Refused("Choose from the list what it is for.")
    try:
        with transaction.atomic():
            return Template.objects.create(slug=slug, title=title, use=use, created_at=now()).pk
    except IntegrityError as error:
        raise Refused("There is a template of that short name already. Choose another.") from error


@transaction.atomic
def save(*, slug: str, locale: str, body: str, seen: int, by: int | None) -> Version:
    """Save a new version in one language; `seen` is the number of the newest one that was on screen, 0 for none.

    Raises `NotFound`; `Stale` when somebody saved another since; `Refused` when a variable is not known or nothing
    changed.
    """
    template = Template.objects.select_for_update().filter(slug=slug).first()
    if template is None:
        raise NotFound(slug)
    if not _LOCALE.fullmatch(locale):
        raise Refused("Name the language as en or pt-br.")
    body = body.replace("\x00", "").replace("\r\n", "\n").strip()
    names = variables(body)
    newest = template.versions.filter(locale=locale).aggregate(newest=Max("number"))["newest"] or 0
    if newest != seen:
        raise Stale(newest)
    if template.versions.filter(locale=locale, number=newest, body=body).exists():
        raise Refused("Nothing was changed, so there is no new version.")
    return Version.objects.create(
        template=template, locale=locale, number=newest + 1, body=body, variables=names, by_id=by, at=now()
    )


@transaction.atomic
def take_seeds(*, by: int | None) -> int:
    """Take up the templates that come with the house where their short names are free; return how many were taken."""
    taken = set(Template.objects.values_list("slug", flat=True))
    fresh = [seed for seed in SEEDS if seed.slug not in taken]
    for seed in fresh:
        add(slug=seed.slug, title=seed.title, use=seed.use)
        for locale, body in seed.bodies.items():
            save(slug=seed.slug, locale=locale, body=body, seen=0, by=by)
    return len(fresh)
