"""Whose word counts about where a request came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.intake.serving import Answer, WebProcess, web_process

from holdfast.config.options import Options
from holdfast.config.proxies import TrustedProxies
from holdfast.people import accounts

PASSWORD = "tern gannet petrel fulmar"
PROXIES = TrustedProxies([ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")])
outsiders = st.ip_addresses(v=4, network="203.0.113.0/24") | st.ip_addresses(v=6, network="2001:db8::/32")
proxies = st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=6, network="fd00::/8")
anything = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n"), max_size=60)


def scope(peer: str, *forwarded: str, proto: str = "") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode("latin-1"))] if proto else []
    return {"type": "http", "scheme": "http", "client": (peer, 4711), "headers": headers}


@given(peer=outsiders, said=anything, proto=st.sampled_from(["https", "http", ""]))
def test_a_stranger_is_believed_nothing(peer: Any, said: str, proto: str) -> None:
    given_scope = scope(str(peer), said, proto=proto)
    assert PROXIES.seen_through(given_scope) == given_scope
    assert TrustedProxies([]).seen_through(scope("127.0.0.1", said, proto=proto))["client"] == ("127.0.0.1", 4711)


@given(caller=outsiders, hops=st.lists(proxies, max_size=3), made_up=anything, port=st.booleans())
def test_the_caller_is_the_last_address_that_is_no_proxy(
    caller: Any, hops: list[Any], made_up: str, port: bool
) -> None:
    written = f"[{caller}]:443" if caller.version == 6 else f"{caller}:443"
    said = ", ".join([made_up, written if port else str(caller), *map(str, hops)])
    assert PROXIES.seen_through(scope("127.0.0.1", said))["client"][0] == str(caller)
    assert PROXIES.seen_through(scope("::ffff:10.1.2.3", *said.split(", ")))["client"][0] == str(caller)


@given(said=anything, proto=anything)
def test_nothing_a_proxy_passes_on_breaks_it(said: str, proto: str) -> None:
    seen = PROXIES.seen_through(scope("127.0.0.1", said, proto=proto))
    assert seen["scheme"] in {"http", "https"}
    assert seen["client"][0]


def test_the_scheme_is_what_the_nearest_proxy_says() -> None:
    assert PROXIES.seen_through(scope("127.0.0.1", proto="https"))["scheme"] == "https"
    assert PROXIES.seen_through(scope("127.0.0.1", proto="https, http"))["scheme"] == "http"
    assert PROXIES.seen_through(scope("127.0.0.1", proto="gopher"))["scheme"] == "http"


def test_the_setting_is_a_list_of_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Options().trusted_proxies == ()
    monkeypatch.setenv("HOLDFAST_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,::1")
    assert [str(network) for network in Options().trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]
    monkeypatch.setenv("HOLDFAST_TRUSTED_PROXIES", "the proxy")
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Options()


@pytest.fixture
def behind_a_proxy(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    settings = {"HOLDFAST_TRUSTED_PROXIES": "127.0.0.1", "HOLDFAST_PUBLIC_URL": "https://help.example"}
    settings["HOLDFAST_HSTS_SUBDOMAINS"] = "true"
    with web_process(tmp_path / "web", **settings) as web:
        yield web


def sign_in(web: WebProcess, password: str, *, address: str, name: str = "ada") -> Answer:
    """Sign in as a browser at `address` behind the proxy would."""
    forwarded = {"x-forwarded-for": f"192.0.2.1, {address}", "x-forwarded-proto": "https"}
    page = web.request("GET", "/accounts/login/", forwarded)
    token = re.search(rb'csrfmiddlewaretoken" value="([^"]+)', page.body)
    assert token is not None
    cookie = page.headers["set-cookie"].partition(";")[0]
    body = f"csrfmiddlewaretoken={token[1].decode()}&login={name}%40desk.example&password={password.replace(' ', '+')}"
    return web.request(
        "POST",
        "/accounts/login/",
        forwarded
        | {
            "cookie": cookie,
            "origin": "https://help.example",
            "content-type": "application/x-www-form-urlencoded",
        },
        body.encode(),
    )


def test_sign_in_limits_cookies_and_logs_go_by_the_callers_side_of_the_proxy(behind_a_proxy: WebProcess) -> None:
    web = behind_a_proxy
    accounts.create_agent(email="ada@desk.example", name="Ada Moor", password=PASSWORD)
    for number in range(10):
        assert sign_in(web, "wrong", address="203.0.113.66", name=f"u{number}").status == 200
    assert sign_in(web, PASSWORD, address="203.0.113.66").status == 200, "ten wrong ones close the door to its address"
    assert '"address": "203.0.113.66"' in web.log()
    right = sign_in(web, PASSWORD, address="203.0.113.7")
    assert right.status == 302
    assert "__Host-session=" in right.headers["set-cookie"]
    assert "Secure" in right.headers["set-cookie"]
    assert "includeSubDomains" in right.headers["strict-transport-security"], "as the setting says"
    assert '"address": "203.0.113.7"' in web.log()
    assert "192.0.2.1" not in web.log()
    assert web.request("GET", "/metrics", {"x-forwarded-for": "203.0.113.7"}).status == 403
    assert web.request("GET", "/metrics", {"x-forwarded-for": "127.0.0.1"}).status == 403
