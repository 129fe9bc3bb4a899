"""How often a photograph of the desk names the right session, by crop, camera, theme and zoom; and ever a wrong one.

The page is the real one: a web process of its own, a case, a value opened by a click, a screenshot by chromium. The
camera is simulated (tests/guard/marks/camera.py) and kinder than life: no lens, no overexposure, no messenger. Each
photograph is compared with 20 sessions and with 10,000; "false" counts photographs that name somebody when the right
session is not among them. Baseline: what a plain correlation reached in the study this was built on, at +-2.5 levels.

    ./holdfast bench marks [--photos 4] [--zooms 1,0.67,1.5]
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
STUDY = {"good full": "8/8", "good 730x530": "7/8", "good 510x230": "2/8", "poor full": "6/8", "poor 730x530": "5/8"}
STUDY["poor 510x230"] = "0/8"
MANY = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=4, help="photographs of each kind")
    parser.add_argument("--zooms", default="1,0.67,1.5")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder, house(Path(folder)) as url:
        pages = list(shots(url, [float(zoom) for zoom in options.zooms.split(",")], Path(folder)))
        figures = [row for page in pages for row in photographed(page, options.photos)]
    for row in figures:
        study = (
            STUDY.get(f"{row['camera']} {row['crop']}", "") if (row["scheme"], row["zoom"]) == ("light", 1.0) else ""
        )
        print(
            f"{row['scheme']:<6} zoom {row['zoom']:<5} {row['camera']:<5} {row['crop']:<9}"
            f" of 20: {row['of_20']}/{row['photos']}  of 10,000: {row['of_many']}/{row['photos']}"
            f"  z {row['z']:>5}  strangers' z {row['strangers']}  code z {row['code'] or '-':>4}  false {row['false']}"
            + (f"  (study: {study})" if study else "")
        )
    false = sum(row["false"] for row in figures)
    print(json.dumps({"benchmark": "marks", "false_names": false, "study": STUDY, "figures": figures}))


@contextmanager
def house(folder: Path) -> Iterator[str]:
    """Run a web process on an empty database of its own."""
    from holdfast.runtime.postgres import EmbeddedPostgres

    with EmbeddedPostgres(data=folder / "data", durable=False).running() as database, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        os.environ |= {"DATABASE_URL": database, "HOLDFAST_DATA": str(folder / "data"), "HOLDFAST_PORT": str(port)}
        os.environ |= {"HOLDFAST_SMTP_PORT": "0", "DJANGO_SETTINGS_MODULE": "holdfast.config.settings"}
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        subprocess.run([sys.executable, "-m", "holdfast", "migrate"], check=True, stderr=subprocess.DEVNULL)
        import django

        django.setup()
        with (folder / "web.log").open("wb") as log:
            web = subprocess.Popen([sys.executable, "-m", "holdfast", "web"], stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(f"{url}/readyz")
            yield url
        finally:
            web.terminate()
            web.wait(20)


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            with urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The web process did not start.")


def shots(url: str, zooms: list[float], folder: Path) -> Iterator[dict[str, Any]]:
    """Open a value on the real page in each theme and zoom, and yield its screenshot and what is known of it."""
    from django.conf import settings
    from django.test import Client
    from playwright.sync_api import sync_playwright
    from tests.desk.conftest import BACKEND, make_desk

    from holdfast.conversations.assignments import assign
    from holdfast.guard.gate import session_mark
    from holdfast.guard.marks.models import Overlay

    desk = make_desk()
    case = desk.talk("My card was declined at the shop", "Twice now, and I need it tomorrow", subject="Card declined")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    chromium = os.environ.get("HOLDFAST_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme, zoom in [("light", 1.0), ("dark", 1.0), *(("light", zoom) for zoom in zooms if zoom != 1)]:
            client = Client()
            client.force_login(desk.ana, BACKEND)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context = browser.new_context(
                viewport={"width": round(1440 / zoom), "height": round(900 / zoom)},
                device_scale_factor=zoom,
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
            page = context.new_page()
            before = Overlay.objects.count()
            page.goto(f"{url}/desk/c/{case.number}/")
            if page.viewport_size["width"] < 1280:  # the customer stands behind a button
                page.get_by_role("button", name="Customer").first.click()
            page.get_by_role("button", name="Reveal Account").click()
            page.locator("#dialog").get_by_label("Trace or return a payment").check()
            page.get_by_role("button", name="Reveal for 60 s").click()
            page.locator(".open-seal .v").wait_for()
            while Overlay.objects.count() == before:
                page.wait_for_timeout(100)
            file = folder / f"{scheme}-{zoom}.png"
            page.screenshot(path=str(file))
            yield {
                "scheme": scheme,
                "zoom": zoom,
                "image": Image.open(file).convert("RGB"),
                "session": session_mark(cookie.value),
                "text": page.locator(".open-seal").get_attribute("data-code"),
                "overlay": Overlay.objects.order_by("first_at").last(),
            }
            context.close()
        browser.close()


def photographed(page: dict[str, Any], photos: int) -> Iterator[dict[str, Any]]:
    """Photograph parts of one screenshot with both cameras, and yield what came of each kind."""
    from tests.guard.marks.camera import GOOD, POOR

    said, zoom = page["overlay"], page["zoom"]
    value = (said.left, said.top, said.card_width, said.card_height)
    crops = {"full": (0, 0, said.width, said.height), "730x530": (700, 20, 730, 530), "510x230": (920, 200, 510, 230)}
    parts = crops | {"value": value} if zoom == 1 else {"full": crops["full"], "value": value}
    for camera, quality in (("good", GOOD), ("poor", POOR)):
        for crop, place in parts.items():
            yield {"scheme": page["scheme"], "zoom": zoom, "camera": camera, "crop": crop} | _cell(
                page, place, quality, photos, value=crop == "value"
            )


def _cell(page: dict[str, Any], place: tuple[int, int, int, int], camera: Any, photos: int, *, value: bool) -> Any:
    from tests.guard.marks.camera import photograph

    from holdfast.guard.marks import codes, decoding, tiles
    from holdfast.guard.marks.photos import photo_of
    from holdfast.guard.marks.tracing import GAP, Z

    left, top, width, height = place
    zoom = page["zoom"]
    part = page["image"].crop([round(edge * zoom) for edge in (left, top, left + width, top + height)])
    signs = decoding.patterns([page["session"], *(f"stranger-{n}" for n in range(MANY))])
    other = [codes.code_for(session="stranger", minute=n) for n in range(83)]
    texts = [page["text"][:11], *(f"{code[:5]} {code[5:]}" for code in other)]
    found: dict[str, Any] = {"photos": photos, "of_20": 0, "of_many": 0, "false": 0}
    own, strangers, code = [], [], []
    for seed in range(photos):
        taken = photograph(part, camera, seed=seed)
        photo = photo_of(taken.image)
        z = decoding.faint_scores(photo, taken.corners, decoding.Region(width, height, left, top), signs)
        some, many = np.sort(z[1:21])[::-1], np.sort(z[1:])[::-1]
        found["of_20"] += bool(z[0] >= Z and z[0] - some[0] >= GAP)
        found["of_many"] += bool(z[0] >= Z and z[0] - many[0] >= GAP)
        found["false"] += bool(many[0] >= Z and many[0] - many[1] >= GAP)
        own.append(float(z[0]))
        strangers.append(float(many[0]))
        if value:
            area = decoding.Region(width, height, 0, 0)
            seen = decoding.visible_scores(photo, taken.corners, area, tiles.CARD, texts[:20], texts[20:])
            code.append(float(seen[0]))
            found["false"] += bool(np.sort(seen[1:])[-1] >= Z)
    medians = {"z": own, "strangers": strangers, "code": code}
    return found | {name: round(float(np.median(each)), 1) if each else None for name, each in medians.items()}


if __name__ == "__main__":
    main()
