"""The scan box on its page: real keys, a slow server, questions, a network that goes away."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import Console, until

BURST = """(text) => {
  for (const digit of [...text, "\\n"]) {
    const code = digit === "\\n" ? "Enter" : `Digit${digit}`;
    const target = document.activeElement;
    const pressed = new KeyboardEvent("keydown",
      {code, key: digit === "\\n" ? "Enter" : digit, bubbles: true, cancelable: true});
    const free = target.dispatchEvent(pressed);
    if (free && digit !== "\\n" && "value" in target && target.type === "text") target.value += digit;
    if (free && digit === "\\n" && target.tagName === "BUTTON") target.click();
  }
}"""


@pytest.fixture
def seen(page: Page, gallery: str) -> Any:
    page.request.get(f"{gallery}/recorded/?clear=1&fail=0&status=500")

    def recorded() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = page.request.get(f"{gallery}/recorded/").json()["seen"]
        return found

    return recorded


def open_desk(page: Page, gallery: str, delay: int = 0) -> None:
    page.goto(f"{gallery}/desk/?delay={delay}")
    expect(page.locator("[data-scan-input]")).to_be_focused()
    until(page, "document.querySelector('[data-scanbox]').scanbox !== undefined")


def scan(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def log_codes(page: Page) -> list[str]:
    return page.locator("[data-log] .code").all_text_contents()


def played(page: Page) -> list[str]:
    names: list[str] = page.evaluate(
        "document.querySelector('[data-scanbox]').scanbox.sounds.played"
    )
    return names


def test_twenty_scans_in_a_hurry_stay_in_order(
    page: Page, gallery: str, seen: Any, console: Console
) -> None:
    """E1: 20 scans read before the first answers come; 400 ms an answer."""
    open_desk(page, gallery, delay=400)
    codes = [f"01{n:05d}" for n in range(20)]
    for code in codes:
        scan(page, code)
    expect(page.locator("[data-queue]")).to_contain_text("排队")
    expect(page.locator("[data-log] li")).to_have_count(20)
    assert log_codes(page) == codes[::-1]
    assert [entry["scan"] for entry in seen()] == codes
    assert len({entry["request_key"] for entry in seen()}) == 20
    assert [entry["state"] for entry in seen()] == ["", *(f"after-{code}" for code in codes[:-1])]
    expect(page.locator("[data-scan-input]")).to_be_focused()
    console.assert_clean()


def test_log_keeps_the_last_twenty(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    for n in range(22):
        scan(page, f"02{n:05d}")
    expect(page.locator("[data-log] .code").first).to_have_text("0200021")
    expect(page.locator("[data-log] li")).to_have_count(20)
    assert log_codes(page)[-1] == "0200002"


def test_scanner_cannot_answer_a_question(page: Page, gallery: str, seen: Any) -> None:
    """Its Enter is ignored, the scan is kept, sounds blocked, and comes after the answer."""
    open_desk(page, gallery)
    scan(page, "ASK0001")
    prompt = page.locator("[data-prompt]")
    expect(prompt).to_be_visible()
    expect(page.locator("button[value=hold]")).to_be_focused()
    page.evaluate(BURST, "0300001")
    expect(prompt).to_be_visible()
    assert [entry["scan"] for entry in seen()] == ["ASK0001"]
    assert played(page)[-1] == "blocked"
    expect(page.locator("[data-hint]")).to_contain_text("刚才的扫描已保留")

    # Into the reason's field as well: what the scanner wrote there is taken out again.
    page.locator("#why").fill("馆长同意")
    page.evaluate(BURST, "0300002")
    expect(page.locator("#why")).to_have_value("馆长同意")
    page.keyboard.press("F9")
    expect(page.locator("[data-log] .code").first).to_have_text("0300002")
    assert [entry["scan"] for entry in seen()] == ["ASK0001", "ASK0001", "0300001", "0300002"]
    answer = seen()[1]
    assert (answer["ask"], answer["choice"], answer["why"]) == ("q1", "override", "馆长同意")
    assert answer["request_key"] != seen()[0]["request_key"]
    expect(prompt).to_be_hidden()
    expect(page.locator("[data-scan-input]")).to_be_focused()


def test_person_answers_by_letter_and_escape(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    scan(page, "ASK0002")
    expect(page.locator("[data-prompt]")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("[data-prompt]")).to_be_hidden()
    expect(page.locator("[data-result-say]")).to_contain_text("hold")
    assert seen()[1]["choice"] == "hold"

    scan(page, "ASK0003")
    expect(page.locator("[data-prompt]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-prompt]")).to_be_hidden()
    expect(page.locator("[data-result-say]")).to_have_text("已取消，没有做任何操作。")
    assert len(seen()) == 3


def test_double_scan_is_taken_once(page: Page, gallery: str, seen: Any) -> None:
    """F24: a wedge that sends twice within 100 ms."""
    open_desk(page, gallery)
    page.evaluate(BURST, "0400001")
    page.evaluate(BURST, "0400001")
    expect(page.locator("[data-hint]")).to_contain_text("连扫两次")
    expect(page.locator("[data-log] li")).to_have_count(1)
    assert [entry["scan"] for entry in seen()] == ["0400001"]


def test_lost_network_keeps_the_scans(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    scan(page, "0500001")
    expect(page.locator("[data-log] li")).to_have_count(1)
    page.context.set_offline(True)
    scan(page, "0500002")
    scan(page, "0500003")
    expect(page.locator("[data-banner-text]")).to_have_text(
        "网络中断，已保留 2 条，恢复后自动续办。"
    )
    page.context.set_offline(False)
    expect(page.locator("[data-log] li")).to_have_count(3)
    expect(page.locator("[data-banner]")).to_be_hidden()
    assert log_codes(page) == ["0500003", "0500002", "0500001"]
    assert [entry["scan"] for entry in seen()] == ["0500001", "0500002", "0500003"]


def test_busy_server_is_asked_again_with_the_same_key(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    page.request.get(f"{gallery}/recorded/?fail=2&status=503")
    scan(page, "0600001")
    expect(page.locator("[data-log] li")).to_have_count(1)
    attempts = seen()
    assert [entry["fault"] for entry in attempts] == [True, True, False]
    assert len({(entry["request_key"], entry["state"], entry["mode"]) for entry in attempts}) == 1


def test_fault_of_the_server_waits_for_a_person(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    page.request.get(f"{gallery}/recorded/?fail=1&status=500")
    scan(page, "0700001")
    scan(page, "0700002")
    expect(page.locator("[data-banner-text]")).to_contain_text("已保留 2 条")
    assert len(seen()) == 1
    page.keyboard.press("F9")
    expect(page.locator("[data-log] li")).to_have_count(2)
    assert [entry["scan"] for entry in seen()] == ["0700001", "0700001", "0700002"]
    assert seen()[0]["request_key"] == seen()[1]["request_key"]


def test_signed_out_keeps_the_scan_and_offers_the_sign_in(
    page: Page, gallery: str, seen: Any
) -> None:
    open_desk(page, gallery)
    page.request.get(f"{gallery}/recorded/?fail=1&status=403")
    scan(page, "0750001")
    expect(page.locator("[data-login]")).to_be_visible()
    expect(page.locator("[data-banner-text]")).to_contain_text("已保留 1 条")
    page.locator("[data-retry]").click()
    expect(page.locator("[data-log] li")).to_have_count(1)


def test_keys_and_command_barcodes_choose_the_mode(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    for key, code in (("F3", "0800001"), ("F4", "0800002"), ("F6", "0800003"), ("F2", "0800004")):
        page.keyboard.press(key)
        scan(page, code)
    scan(page, "*return*")
    scan(page, "0800005")
    page.keyboard.press("F10")
    page.keyboard.press("F8")
    expect(page.locator("[data-result-word]")).to_have_text("slip")
    got = [(entry["mode"], entry["scan"], entry.get("command")) for entry in seen()]
    assert got == [
        ("checkin", "0800001", None),
        ("renew", "0800002", None),
        ("reader", "0800003", None),
        ("checkout", "0800004", None),
        ("checkin", "0800005", None),
        ("checkin", "", "next"),
        ("checkin", "", "slip"),
    ]


def test_undo_names_the_act_it_reverses(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    undo = page.locator("[data-undo]")
    expect(undo).to_be_hidden()
    scan(page, "0900001")
    expect(undo).to_contain_text("秒")
    scan(page, "*UNDO*")
    expect(undo).to_be_hidden()
    expect(page.locator("[data-result-word]")).to_have_text("undo")
    acts = seen()
    assert (acts[1]["command"], acts[1]["undoes"]) == ("undo", acts[0]["request_key"])


def test_input_method_cannot_swallow_digits(page: Page, gallery: str, seen: Any) -> None:
    """The keys arrive as "Process" with their physical code, as under a Chinese input method."""
    for _ in range(5):
        open_desk(page, gallery)
        took = page.evaluate(
            """() => {
              const input = document.querySelector("[data-scan-input]");
              const began = performance.now();
              for (const code of ["KeyA", "Digit1", "Digit0", "Digit2", "Numpad3", "Enter"]) {
                input.dispatchEvent(new KeyboardEvent("keydown",
                  {code, key: "Process", isComposing: true, bubbles: true, cancelable: true}));
              }
              const took = performance.now() - began;
              input.value = "啊";
              input.dispatchEvent(new CompositionEvent("compositionend", {data: "啊"}));
              return took;
            }"""
        )
        # A processor that was away in the middle of it makes two hands of one scanner.
        if took < 20:
            break
    expect(page.locator("[data-log] .code")).to_have_text(["a1023"])
    expect(page.locator("[data-scan-input]")).to_have_value("")
    assert seen()[-1]["scan"] == "a1023"


def test_typing_returns_to_the_box_from_anywhere(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    page.locator("[data-reader]").click()
    page.evaluate("document.activeElement.blur()")
    scan(page, "1000001")
    expect(page.locator("[data-log] .code")).to_have_text(["1000001"])
    assert [entry["scan"] for entry in seen()] == ["1000001"]


def test_every_sound_has_a_visible_twin(page: Page, gallery: str, seen: Any) -> None:
    open_desk(page, gallery)
    page.locator("[data-silent]").check()
    scan(page, "BAD0001")
    expect(page.locator("[data-result]")).to_have_class("result tone-refused")
    expect(page.locator("[data-flash]")).to_have_attribute("data-tone", "refused")
    assert played(page)[-1] == "refused"
    page.reload()
    expect(page.locator("[data-silent]")).to_be_checked()


def test_works_without_script(gallery: str, browser: Any, seen: Any) -> None:
    """X2: the scan form is an ordinary form."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{gallery}/desk/")
    page.locator("[data-scan-input]").fill("1100001")
    page.locator("[data-scan-form] button").click()
    expect(page.locator("[data-result-word]")).to_have_text("已借出")
    expect(page.locator("[data-log] .code")).to_have_text(["1100001"])
    assert [(entry["scan"], entry["mode"], entry["request_key"]) for entry in seen()] == [
        ("1100001", "checkout", "0192")
    ]
    context.close()
