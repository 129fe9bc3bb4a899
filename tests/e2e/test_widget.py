"""The chat widget in a real browser: on good days, without a network, with a keyboard only, on a stranger's page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import PHONE, Visitors

from holdfast.assistant.contract import Answer, Citation
from holdfast.conversations.assignments import assign
from holdfast.conversations.closures import close
from holdfast.conversations.models import Conversation, Message
from holdfast.desk import routing
from holdfast.intake.models import Contact
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.notify.replies import reply
from holdfast.triage import answering, loop

pytestmark = pytest.mark.browser
Eventually = Callable[[Callable[[], bool]], None]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
OFFLINE = "ERR_INTERNET_DISCONNECTED"
URL = "https://bank.example/help/declined/"


@pytest.fixture
def world(desk: Desk) -> Iterator[Desk]:
    """A desk whose queues this process knows."""
    routing.forget()
    yield desk
    routing.forget()


@pytest.fixture
def worker(world: Desk) -> Iterator[None]:
    """The triage loop, in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def opened(page: Page) -> Locator:
    """Open the chat on the demo page and return its log."""
    page.goto("/chat/demo/")
    page.get_by_role("button", name="Help").click()
    return page.get_by_role("log")


def write(page: Page, text: str) -> None:
    page.get_by_label("Write a message").fill(text)
    page.keyboard.press("Enter")


def texts(page: Page) -> list[str]:
    return page.locator("holdfast-chat .own .t").all_inner_texts()


def said() -> list[str]:
    return list(Message.objects.filter(author="customer").order_by("created_at").values_list("text", flat=True))


def sorted_out() -> None:
    """Triage what waits, as a worker would."""
    while loop.once():
        pass


def breaches(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def test_a_message_reaches_people_and_their_reply_comes_by_itself(
    world: Desk, worker: None, visitors: Visitors, eventually: Eventually
) -> None:
    page = visitors.page()
    log = opened(page)
    write(page, "My card was declined")
    expect(log.locator(".own time")).to_be_visible()
    eventually(lambda: said() == ["My card was declined"])
    conversation = Conversation.objects.get()
    assign(conversation_id=conversation.pk, to=world.ana.pk, by=world.ana.pk)
    expect(page.get_by_text("Ana is with you")).to_be_visible()
    expect(page.get_by_role("button", name="Talk to a person")).to_be_hidden()
    reply(conversation_id=conversation.pk, by=world.ana.pk, text="I look at it now.", client_key="k" * 8)
    expect(log).to_contain_text("I look at it now.")
    assert log.get_by_text("I look at it now.").count() == 1
    page.reload()
    expect(log).to_contain_text("I look at it now.")
    assert texts(page) == ["My card was declined"]


def test_the_assistants_answer_shows_its_link(world: Desk, visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    cited = Citation(1, 1, "declined", "en", "A card payment was declined", URL, 0, 9)
    answer = Answer(f"It takes nothing.\n\n- Not enough money.\n- Frozen.\n\nAll of it: {URL}", (cited,), "en", 0.9)
    monkeypatch.setattr(answering, "respond_many", lambda asked: [answer] * len(asked))
    page = visitors.page()
    log = opened(page)
    write(page, "My card was declined")
    expect(log).to_contain_text("Kept")
    sorted_out()
    link = log.get_by_role("link", name="A card payment was declined")
    expect(link).to_have_attribute("href", URL)
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    assert log.get_by_role("listitem").all_inner_texts() == ["Not enough money.", "Frozen."]
    expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()


def test_a_reload_while_sending_neither_loses_nor_doubles(world: Desk, worker: None, visitors: Visitors) -> None:
    page = visitors.page()
    log = opened(page)
    heard: list[str] = []

    def lose_the_answer(route: Route) -> None:
        heard.append(route.request.post_data or "")
        route.fetch()  # the server has it, and its answer is lost
        route.abort()

    page.route("**/chat/messages", lose_the_answer)
    with page.expect_event("requestfailed"):
        write(page, "Did you get this?")
    page.unroute("**/chat/messages")
    page.reload()
    expect(log.locator(".own time")).to_be_visible()
    assert heard
    assert texts(page) == said() == ["Did you get this?"]
    assert Contact.objects.count() == 1
    visitors.forgive("net::ERR_FAILED")


def test_what_is_written_offline_arrives_once_and_in_order(world: Desk, worker: None, visitors: Visitors) -> None:
    page = visitors.page()
    log = opened(page)
    write(page, "zero")
    expect(log.locator(".own time")).to_have_count(1)
    page.context.set_offline(True)
    write(page, "one")
    write(page, "two")
    expect(page.get_by_text("No connection.")).to_be_visible()
    expect(log.locator(".own .st").last).to_have_text("Waits for a connection")
    assert said() == ["zero"]
    page.context.set_offline(False)
    expect(log.locator(".own time")).to_have_count(3)
    expect(page.get_by_text("No connection.")).to_be_hidden()
    assert texts(page) == said() == ["zero", "one", "two"]
    visitors.forgive(OFFLINE)


def test_what_was_written_offline_survives_the_closing_of_the_page(
    world: Desk, worker: None, visitors: Visitors
) -> None:
    page = visitors.page()
    opened(page)
    page.context.set_offline(True)
    write(page, "Sent later")
    again = page.context.new_page()
    page.close()
    again.context.set_offline(False)
    again.goto("/chat/demo/")
    expect(again.get_by_role("log").locator(".own time")).to_be_visible()
    assert said() == ["Sent later"]
    visitors.forgive(OFFLINE)


def test_a_draft_survives_a_reload(world: Desk, visitors: Visitors) -> None:
    page = visitors.page()
    opened(page)
    page.get_by_label("Write a message").fill("Half a tho")
    page.reload()
    expect(page.get_by_label("Write a message")).to_have_value("Half a tho")


def test_a_person_is_one_step_away_before_anything_was_written(world: Desk, worker: None, visitors: Visitors) -> None:
    world.talk(queue=world.other)
    page = visitors.page()
    opened(page)
    page.get_by_role("button", name="Talk to a person").click()
    card = page.get_by_role("region", name="Your place in line")
    expect(card).to_contain_text("Wait for a person")
    expect(card.locator(".big").first).to_have_text("2")
    expect(card).to_contain_text("we cannot say yet")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_hidden()
    expect(page.get_by_label("Write a message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Place 2")).to_be_focused()


def test_a_request_for_a_person_is_kept_while_nothing_is_sorted(world: Desk, visitors: Visitors) -> None:
    page = visitors.page()
    opened(page)
    page.get_by_role("button", name="Talk to a person").click()
    kept = page.get_by_text("You asked for a person, and that is kept.")
    expect(kept).to_be_visible()
    page.reload()
    expect(kept).to_be_visible()
    expect(page.get_by_text("Kept safely, read later than usual")).to_be_visible(timeout=20_000)
    sorted_out()
    expect(page.get_by_role("region", name="Your place in line").locator(".big").first).to_have_text("1")
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(11, 18, "11–18 min"), (0, 2, "under 2 min"), (75, 140, "over an hour"), (None, None, "we cannot say yet")],
)
def test_the_wait_is_a_range_in_words(
    world: Desk, visitors: Visitors, low: int | None, high: int | None, words: str
) -> None:
    line = {"place": 108, "joined_as": 214, "joined_at": now().isoformat(), "low": low, "high": high}
    page = visitors.page()
    page.route("**/chat/state*", lambda route: route.fulfill(json=state(line=line, state="line")))
    opened(page)
    write(page, "Hello")
    expect(page.locator("holdfast-chat .place .big").last).to_have_text(words)
    expect(page.locator("holdfast-chat .place")).to_contain_text("joined at 214")
    expect(page.locator("holdfast-chat > *, holdfast-chat p[role=status]").last).to_contain_text(
        "Your place in line: 108"
    )


def state(**given: Any) -> dict[str, Any]:
    return {"number": 7, "state": "new", "person": "", "messages": [], "line": None, "kept": [], **given}


def test_two_tabs_of_one_browser_show_the_same(world: Desk, worker: None, visitors: Visitors) -> None:
    first = visitors.page()
    log = opened(first)
    second = first.context.new_page()
    second.goto("/chat/demo/")
    write(first, "From the first tab")
    expect(second.get_by_role("log")).to_contain_text("From the first tab")
    write(second, "From the second tab")
    for page in (first, second):
        expect(page.get_by_role("log").locator(".own time")).to_have_count(2)
        assert texts(page) == ["From the first tab", "From the second tab"]
    expect(log).to_contain_text("From the second tab")
    assert Conversation.objects.count() == 1


def test_everything_works_by_keyboard(world: Desk, worker: None, visitors: Visitors) -> None:
    page = visitors.page()
    page.goto("/chat/demo/")
    start = page.get_by_role("button", name="Help")
    for _ in range(12):
        page.keyboard.press("Tab")
        if start.evaluate("node => node.getRootNode().activeElement === node"):
            break
    expect(start).to_be_focused()
    page.keyboard.press("Enter")
    box = page.get_by_label("Write a message")
    expect(box).to_be_focused()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(box).to_have_value("")
    expect(page.get_by_role("log").locator(".own time")).to_be_visible()
    assert said() == ["first line\nsecond line"]
    order = []
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
        order.append(page.evaluate("document.querySelector('holdfast-chat').shadowRoot.activeElement.ariaLabel"))
    assert order == ["Tidewater support", "Close, keep my place"]
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("holdfast-chat .start")).to_be_focused()


def test_on_a_phone_the_focus_stays_in_the_panel(world: Desk, visitors: Visitors) -> None:
    page = visitors.page(viewport=PHONE, has_touch=True)
    opened(page)
    expect(page.get_by_role("dialog")).to_have_attribute("aria-modal", "true")
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.localName") == "holdfast-chat"


@pytest.mark.parametrize(
    ("scheme", "viewport"),
    [
        ("light", {"width": 1440, "height": 900}),
        ("dark", {"width": 1024, "height": 700}),
        ("dark", PHONE),
        ("light", PHONE),
    ],
)
def test_no_breach_of_wcag(world: Desk, visitors: Visitors, scheme: Any, viewport: Any) -> None:
    page = visitors.page(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page.goto("/chat/demo/")
    assert breaches(page) == []
    log = opened(page)
    assert breaches(page) == []
    write(page, "My card was declined. See https://bank.example/")
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.get_by_text("You asked for a person")).to_be_visible()
    sorted_out()
    expect(page.locator("holdfast-chat .place .big").first).to_be_visible()
    reply(conversation_id=Conversation.objects.get().pk, by=world.ana.pk, text=f"See {URL}", client_key="k" * 8)
    expect(log).to_contain_text(URL)
    assert breaches(page) == []
    page.context.set_offline(True)
    write(page, "Not sent yet")
    expect(page.get_by_text("No connection.")).to_be_visible()
    assert breaches(page) == []
    visitors.forgive(OFFLINE)


def test_words_are_never_markup(world: Desk, visitors: Visitors) -> None:
    hostile = '<img src=x onerror="window.hit=1"> <b>bold</b> javascript:alert(1) [x](javascript:alert(1))'
    page = visitors.page()
    log = opened(page)
    write(page, hostile)
    expect(log).to_contain_text("Kept")
    sorted_out()
    conversation = Conversation.objects.get()
    text = f'{hostile} http://ok.example/"onmouseover="hit=1 data:text/html,<script>hit=1</script>'
    reply(conversation_id=conversation.pk, by=world.ana.pk, text=text, client_key="k" * 8)
    expect(log).to_contain_text("data:text/html")
    assert texts(page) == [hostile]
    assert log.locator("img, b b, script").count() == 0
    assert log.get_by_role("link").evaluate_all("links => links.map((link) => link.href)") == ["http://ok.example/"]
    assert page.evaluate("window.hit") is None


HOST = """<!doctype html><html lang="es-419"><head><title>Shop</title><link rel="stylesheet" href="/host.css">
<script src="/host.js" defer></script>
<script src="{url}/static/widget/holdfast-chat.js" data-company="Shop" data-theme="light" defer></script>
</head><body><main><h1>Shop</h1></main></body></html>"""
HOST_CSS = "* { font-size: 40px; position: static; margin: 30px; text-transform: uppercase } button { display: none }"
HOST_JS = "window.keys = 0; addEventListener('keydown', () => { window.keys++ })"
HOST_POLICY = "default-src 'none'; style-src 'self'; script-src 'self' {url}; connect-src {url}"


@pytest.fixture
def shop(visitors: Visitors) -> Iterator[str]:
    """The address of a page of another origin, with a strict policy, loud styles and keys of its own."""
    files = {
        "/": ("text/html", HOST.format(url=visitors.server.url)),
        "/host.css": ("text/css", HOST_CSS),
        "/host.js": ("text/javascript", HOST_JS),
        "/favicon.ico": ("image/png", ""),
    }

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            kind, body = files[self.path]
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-security-policy", HOST_POLICY.format(url=visitors.server.url))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_it_works_on_a_strangers_strict_page(world: Desk, worker: None, visitors: Visitors, shop: str) -> None:
    page = visitors.page()
    page.goto(shop)
    start = page.get_by_role("button", name="Help")
    expect(start).to_be_in_viewport()
    expect(start).to_have_css("font-size", "14px")
    start.click()
    expect(page.get_by_role("heading", name="Shop support")).to_have_css("text-transform", "none")
    page.keyboard.type("Hello from the shop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").locator(".own time")).to_be_visible()
    reply(conversation_id=Conversation.objects.get().pk, by=world.ana.pk, text="Hello back", client_key="k" * 8)
    expect(page.get_by_role("log")).to_contain_text("Hello back")
    assert page.evaluate("window.keys") == 0, "what is typed is not the page's"


def test_an_ended_session_begins_anew_with_what_was_not_sent(world: Desk, worker: None, visitors: Visitors) -> None:
    page = visitors.page()
    page.goto("/chat/demo/")
    page.evaluate("localStorage.setItem('holdfast-chat.token', '\"ended:long:ago\"')")
    page.reload()
    log = opened(page)
    write(page, "Still here?")
    expect(log.locator(".own time")).to_be_visible()
    assert said() == ["Still here?"]
    visitors.forgive("401")


def test_it_works_where_storage_is_refused(world: Desk, worker: None, visitors: Visitors) -> None:
    page = visitors.page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused') } })")
    log = opened(page)
    write(page, "one")
    write(page, "two")
    expect(log.locator(".own time")).to_have_count(2)
    assert said() == ["one", "two"]


def test_a_refused_message_says_why_and_can_be_changed(world: Desk, worker: None, visitors: Visitors) -> None:
    problem = {"title": "Unprocessable", "status": 422, "detail": "Please write it differently."}
    page = visitors.page()
    log = opened(page)
    page.route("**/chat/messages", lambda route: route.fulfill(status=422, json=problem))
    write(page, "A bad one")
    expect(log.locator(".bad")).to_contain_text("Not sent. Please write it differently.")
    page.unroute("**/chat/messages")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_label("Write a message")).to_have_value("A bad one")
    write(page, "A good one")
    expect(log.locator(".own time")).to_be_visible()
    assert texts(page) == said() == ["A good one"]
    visitors.forgive("422")


def test_a_text_that_is_too_long_is_not_cut(world: Desk, visitors: Visitors) -> None:
    page = visitors.page()
    opened(page)
    page.get_by_label("Write a message").fill("x" * 8003)
    expect(page.get_by_text("3 characters too long")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.keyboard.press("Enter")
    assert texts(page) == []


def test_a_closed_launcher_counts_what_is_new(world: Desk, worker: None, visitors: Visitors) -> None:
    page = visitors.page()
    log = opened(page)
    write(page, "Hello")
    expect(log.locator(".own time")).to_be_visible()
    page.keyboard.press("Escape")
    conversation = Conversation.objects.get()
    for number in range(2):
        reply(conversation_id=conversation.pk, by=world.ana.pk, text=f"Answer {number}", client_key=f"answer-{number}")
    expect(page.locator("holdfast-chat .start b")).to_contain_text("2")
    page.locator("holdfast-chat .start").click()
    page.keyboard.press("Escape")
    expect(page.locator("holdfast-chat .start b")).to_have_count(0)
    close(conversation_id=conversation.pk, by=world.ana.pk)
    page.locator("holdfast-chat .start").click()
    expect(page.get_by_text("This conversation is closed. Write again and it opens.")).to_be_visible()
    expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()


def test_the_place_stays_in_view_and_nothing_moves_under_a_reader(
    world: Desk, worker: None, visitors: Visitors
) -> None:
    page = visitors.page(viewport={"width": 390, "height": 520})
    log = opened(page)
    for number in range(12):
        write(page, f"line {number}\nof many")
    expect(log.locator(".own time")).to_have_count(12)
    place, box = page.locator("holdfast-chat .place"), page.get_by_label("Write a message")
    expect(place).to_be_in_viewport(ratio=1)
    expect(box).to_be_in_viewport(ratio=1)
    expect(log.get_by_text("line 11")).to_be_in_viewport()
    log.evaluate("log => { log.scrollTop = 0 }")
    reply(conversation_id=Conversation.objects.get().pk, by=world.ana.pk, text="The answer", client_key=str(uuid7()))
    fresh = page.get_by_role("button", name="New message")
    expect(fresh).to_be_visible()
    assert log.evaluate("log => log.scrollTop") == 0
    fresh.click()
    expect(log.get_by_text("The answer")).to_be_in_viewport()
    expect(fresh).to_be_hidden()


def test_it_speaks_the_languages_of_the_house(world: Desk, visitors: Visitors) -> None:
    page = visitors.page(locale="pt-BR")
    body = '<html lang="pt-BR"><title>Banco</title><script src="/static/widget/holdfast-chat.js" data-open></script>'
    page.route("**/banco", lambda route: route.fulfill(body=f"<!doctype html>{body}", content_type="text/html"))
    page.goto("/banco")
    expect(page.get_by_role("button", name="Falar com uma pessoa")).to_be_visible()
    page.route("**/chat/session", lambda route: route.abort())
    write_in = page.get_by_label("Escreva uma mensagem")
    write_in.fill("Oi")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Sem conexão.")).to_be_visible()
    visitors.forgive("net::ERR_FAILED")
