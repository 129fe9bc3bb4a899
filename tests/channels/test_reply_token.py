from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.channels.reply_token import conversation_of, reply_address
from holdfast.kit.ids import uuid7


@given(st.uuids())
def test_an_address_leads_back_to_its_conversation_in_any_case(conversation_id: object) -> None:
    address = reply_address(conversation_id)  # type: ignore[arg-type]
    assert conversation_of(address) == conversation_id
    assert conversation_of(f"Support <{address.upper()}>") == conversation_id
    assert len(address.split("@")[0]) <= 64


@given(st.data())
def test_a_changed_token_leads_nowhere(data: st.DataObject) -> None:
    address = reply_address(uuid7())
    local, _, domain = address.partition("@")
    position = data.draw(st.integers(min_value=len("support+"), max_value=len(local) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
    changed = local[:position] + letter + local[position + 1 :]
    if conversation_of(f"{changed}@{domain}") is not None:
        # The last letter carries spare bits; anything that still decodes must be the same token.
        assert conversation_of(f"{changed}@{domain}") == conversation_of(address)


@given(st.text(max_size=80))
def test_any_text_is_read_without_error(text: str) -> None:
    assert conversation_of(text) is None
    assert conversation_of(f"support+{text}@support.localhost") is None
