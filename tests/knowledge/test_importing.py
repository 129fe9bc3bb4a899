"""Articles from folders: every kind of front matter, HTML, the same folder again, and files that are refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from holdfast.drills.tidewater import content as tidewater
from holdfast.knowledge import command, editing, folders, importing
from holdfast.knowledge.editing import Content
from holdfast.knowledge.folders import FileArticle, Unreadable
from holdfast.knowledge.html_to_markdown import converted
from holdfast.knowledge.models import Article, ArticleVersion
from holdfast.knowledge.queries import rendered

LOST = """+++
slug = "lost-card"
title = "A lost card"
queue = "fraud"
summary = "Freeze it."
reviewed = 2026-10-12
asks = ["I lost my card", "  I lost   my card "]
tags = ["ignored"]
+++

**Freeze it now.**
"""
YAML = "---\ntitle: Taxa de câmbio\nreviewed_on: 2026-09-01\nasks: [câmbio]\n---\nTexto.\n"
PAGE = """<!doctype html><html lang="id"><head><title>Old title</title><meta name="Description" content="One sentence.">
<style>p{}</style></head><body><nav>Home</nav><main><h1>Change  your PIN</h1>
<p>At any <b>cash machine</b> or <a href="https://bank.example/a(b)">here</a>.<br>Twice <i>a day</i>.</p>
<h2>How</h2><ol><li>Insert <code>card</code></li><li>Choose<ul><li>PIN</li><li>Change *now*</li></ul></li></ol>
<img src="x.png"><script>alert(1)</script><p><a href="javascript:alert(1)">no</a> 1. not a list &lt;b&gt;</p>
<table><tr><th>Where</th><th>Costs</th></tr><tr><td>Here</td><td>0 | nothing</td></tr></table></main></body></html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "lost.md": LOST,
        "pt-br/cambio.md": YAML,
        "plain.md": "# Without anything in front\n\nWords ![a map](map.png) here.\n",
        "pin.html": PAGE.replace('lang="id"', 'lang="en"'),
        "lost-card.id.md": "# Kartu hilang\n\nBekukan sekarang.\n",
        ".hidden/x.md": "# Hidden\n\nx",
        "notes.txt": "no article",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def bring_in(folder: Path, **options: bool) -> dict[str, importing.Line]:
    return {line.path.as_posix(): line for line in importing.bring_in(folder, locale="en", **options)}


@pytest.mark.django_db
def test_a_folder_becomes_articles_in_the_right_languages(folder: Path) -> None:
    lines = bring_in(folder, publish=True)
    assert {name: line.address for name, line in lines.items()} == {
        "lost.md": "en/lost-card",
        "lost-card.id.md": "id/lost-card",
        "pin.html": "en/pin",
        "plain.md": "en/plain",
        "pt-br/cambio.md": "pt-br/cambio",
    }
    assert {line.became for line in lines.values()} == {"made"}
    lost = Article.objects.get(slug="lost-card", locale="en")
    assert (lost.topic, lost.asks, lost.reviewed_on, lost.published) == (
        "fraud", ["I lost my card"], date(2026, 10, 12), True
    )  # fmt: skip
    assert lost.body == "**Freeze it now.**"
    plain = Article.objects.get(slug="plain")
    assert (plain.title, plain.body) == ("Without anything in front", "Words a map here.")
    assert lines["plain.md"].warnings == ("1 picture left out",)
    assert Article.objects.get(slug="cambio").title == "Taxa de câmbio"
    assert ArticleVersion.objects.count() == 5


@pytest.mark.django_db
def test_the_same_folder_again_changes_nothing_and_a_changed_file_only_its_article(folder: Path) -> None:
    bring_in(folder, publish=True)
    assert {line.became for line in bring_in(folder, publish=True).values()} == {"unchanged"}
    (folder / "lost.md").write_text(LOST.replace("now", "at once"), "utf-8")
    again = bring_in(folder, publish=True)
    assert [name for name, line in again.items() if line.became == "changed"] == ["lost.md"]
    assert set(Article.objects.values_list("slug", "locale", "version")) >= {("lost-card", "en", 2), ("pin", "en", 1)}


@pytest.mark.django_db
def test_what_somebody_changed_here_is_not_written_over_unless_asked(folder: Path) -> None:
    bring_in(folder)
    article = Article.objects.get(slug="lost-card", locale="en")
    mine = Content("A lost card", "", "Better words.", (), "fraud", None)
    editing.change(article_id=article.pk, seen_version=1, content=mine, by=None)
    assert bring_in(folder)["lost.md"].became == "unchanged", "the file is the one it came from"
    (folder / "lost.md").write_text(LOST.replace("now", "at once"), "utf-8")
    refused = bring_in(folder)["lost.md"]
    assert refused.became == "refused"
    assert "changed here since" in refused.why
    article.refresh_from_db()
    assert article.body == "Better words."
    assert bring_in(folder, replace=True)["lost.md"].became == "changed"


@pytest.mark.django_db
def test_drafts_stay_drafts_and_what_a_person_took_away_stays_away(folder: Path) -> None:
    (folder / "lost.md").write_text(LOST.replace("slug =", "draft = true\nslug ="), "utf-8")
    lines = bring_in(folder, publish=True)
    assert not lines["lost.md"].published
    pin = Article.objects.get(slug="pin")
    editing.unpublish(article_id=pin.pk, by=None)
    assert not bring_in(folder, publish=True)["pin.html"].published
    assert Article.objects.filter(published=True).count() == 3


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.md", b"\xff\xfe", "not UTF-8"),
        ("a.md", b"x\0y", "zero byte"),
        ("a.md", b"+++\ntitle = 'T'\n", "does not end"),
        ("a.md", b"+++\ntitle = \n+++\nx", "cannot be read"),
        ("a.md", b"---\n- a\n- b\n---\nx", "no list of names"),
        ("a.md", b"---\ntitle: [a\n---\nx", "cannot be read"),
        ("a.md", b"---\ntitle: !!python/object/apply:os.system ['x']\n---\nx", "cannot be read"),
        ("a.md", b"---\ntitle: {a: b}\n---\nx", "`title` is not text"),
        ("a.md", b"---\ntitle: Good title\nasks: one\n---\nx", "`asks` is not a list"),
        ("a.md", b"---\ntitle: Good title\nreviewed: someday\n---\nx", "`reviewed` is no date"),
        ("a.md", b"---\ntitle: Good title\nslug: Not This\n---\nx", "short name"),
        ("a.md", b"---\ntitle: Good title\nlocale: tlh\n---\nx", "not one of those we write in"),
        ("a.md", b"No heading, no title.", "no title"),
        ("a.md", b"# Title alone\n", "no words"),
        ("a.md", b"# Title\n\n" + b"x" * 100_001, "100,001 characters"),
        ("\u6d4b\u8bd5.md", b"# Title\n\nx", "short name"),
        ("a.html", b"", "nothing to read"),
    ],
)
def test_a_file_that_is_no_article_is_refused_with_what_to_mend(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable, match=re.escape(why)):
        folders.read(tmp_path / name, locale="en", known=["en", "id"])


def test_two_files_of_one_name_and_links_out_of_the_folder_are_not_taken(db: None, tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "secret.md"
    inside.mkdir()
    outside.write_text("# Secret\n\nx")
    (inside / "link.md").symlink_to(outside)
    (inside / "a.md").write_text("# One\n\nx")
    (inside / "a.html").write_text("<h1>Two</h1><p>x</p>")
    lines = bring_in(inside)
    assert {name: line.became for name, line in lines.items()} == {"a.html": "made", "a.md": "refused"}
    assert "of a.html" in lines["a.md"].why


def test_a_page_becomes_markdown_with_its_links_and_without_its_pictures_and_scripts() -> None:
    page = converted(PAGE)
    assert (page.title, page.summary, page.locale, page.pictures) == ("Change your PIN", "One sentence.", "id", 1)
    shown = html.fromstring(f"<div>{rendered(Article(body=page.body))}</div>")
    assert shown.xpath("//a/@href") == ["https://bank.example/a(b)"]
    assert [each.text_content() for each in shown.iter("strong", "em", "code", "h2")] == [
        "cash machine", "a day", "How", "card"
    ]  # fmt: skip
    assert [each.text_content().strip() for each in shown.xpath("//ol/li/ul/li")] == ["PIN", "Change *now*"]
    assert [each.text_content() for each in shown.iter("td")] == ["Here", "0 | nothing"]
    assert "no 1. not a list <b>" in shown.text_content()
    assert "alert" not in page.body
    assert "Home" not in page.body


WORDS = st.text(alphabet=st.sampled_from(list("ab1. *_`#>[]()!&<|~+-=\\\"':/é字\t")), min_size=0, max_size=25)
TREES = st.recursive(
    WORDS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.tuples(
        st.sampled_from(
            ["p", "b", "i", "code", "ul><li", "ol><li", "blockquote", "h2", "div", "span", "pre", "a href='/x'"]
        ),
        st.lists(inner, max_size=3).map("".join),
    ).map(
        lambda one: f"<{one[0]}>{one[1]}" + "".join(f"</{name.split()[0]}>" for name in reversed(one[0].split("><")))
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_the_words_of_a_page_stay_what_they_were(body: str) -> None:
    def letters(text: str) -> str:
        return re.sub(r"\s+", "", text)

    page = f"<html><body><main>{body}</main></body></html>"
    expected = html.document_fromstring(page).find(".//main").text_content()
    markdown = converted(page).body
    shown = html.fromstring(f"<div>{rendered(Article(body=markdown))}</div>").text_content()
    assert letters(shown) == letters(expected), markdown


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(min_size=1, max_size=60).map(lambda text: "Title " + text),
    asks=st.lists(st.text(max_size=40), max_size=4),
    body=st.text(min_size=1, max_size=200).map(lambda text: "Words. " + text),
)
def test_what_is_written_out_reads_in_as_the_same(tmp_path: Path, title: str, asks: list[str], body: str) -> None:
    def line(text: str) -> str:
        return " ".join(text.replace("\0", "").encode("utf-8", "ignore").decode().split())

    body = body.replace("\0", "").replace("\r", "").replace("![", "").encode("utf-8", "ignore").decode().strip()
    content = Content(
        line(title), "", body, tuple(dict.fromkeys(filter(None, map(line, asks)))), "cards", date(2026, 1, 2)
    )
    path = folders.write(tmp_path, FileArticle(tmp_path, "a", "id", content, True, ""))
    again = folders.read(path, locale="en", known=["en", "id"])
    assert (again.content, again.locale, again.slug, again.draft) == (content, "id", "a", True)


@pytest.mark.django_db
def test_the_demo_banks_articles_go_out_and_come_in_unchanged(tmp_path: Path) -> None:
    source = Path(tidewater.__file__).parent / "articles"
    assert {line.became for line in bring_in(source, publish=True).values()} == {"made"}
    assert Article.objects.count() == len(tidewater.articles())
    assert command.main(["export", str(tmp_path)]) == 0
    assert {line.became for line in bring_in(tmp_path).values()} == {"unchanged"}


@pytest.mark.django_db
def test_the_command_says_what_became_of_each_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["import", str(folder), "--publish"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "5 made, 0 changed, 0 unchanged, 0 refused"
    (folder / "bad.md").write_text("nothing")
    assert command.main(["import", str(folder)]) == 1
    told = capsys.readouterr().out
    assert "refused   bad.md: It has no title" in told
    for odd in (
        ["import", str(folder / "none")],
        ["import", str(folder), "--locale", "tlh"],
        ["import", str(folder / ".hidden")],
    ):
        assert command.main(odd) in {0, 2}
    assert "no folder" in capsys.readouterr().err
