from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import path, register_converter

from holdfast.knowledge import feeds, views

app_name = "help"


class LocaleConverter:
    """A configured language, so that `/help/cards/` is not taken for one."""

    regex = "[a-z]{2}(?:-[a-z]{2})?"

    def to_python(self, value: str) -> str:
        if value not in settings.SUPPORT_LANGUAGES:
            raise ValueError(value)
        return value

    def to_url(self, value: Any) -> str:
        return str(value)


register_converter(LocaleConverter, "locale")

urlpatterns = [
    path("", views.start, name="start"),
    path("sitemap.xml", feeds.sitemap, name="sitemap"),
    path("<locale:locale>/", views.home, name="home"),
    path("<locale:locale>/atom.xml", feeds.feed, {"kind": "atom"}, name="atom"),
    path("<locale:locale>/rss.xml", feeds.feed, {"kind": "rss"}, name="rss"),
    path("<locale:locale>/<slug:slug>/", views.article, name="article"),
    path("<locale:locale>/<slug:slug>/said/", views.said, name="said"),
]
