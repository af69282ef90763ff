"""scanqueue.js by itself, in the page of a browser: decoding, bursts, order, retries."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from playwright.sync_api import Page


def run(page: Page, gallery: str, body: str) -> Any:
    """Run `body` (the inside of an async function) with the module's exports as `q`."""
    page.goto(f"{gallery}/help/")
    return page.evaluate(
        f"async () => {{ const q = await import('/static/js/scanqueue.js'); {body} }}"
    )


@pytest.mark.parametrize(
    ("raw", "strip", "wanted"),
    [
        ("  0012345 ", {}, "0012345"),
        ("００１２３４５", {}, "0012345"),
        ("ＡＢ－１２", {}, "AB-12"),
        ("]C10012345\r", {"prefix": "]C1"}, "0012345"),
        ("0012345#", {"suffix": "#"}, "0012345"),
        ("\u0002 0012345 \u0003", {}, "0012345"),
        ("*RETURN*", {}, "*RETURN*"),
    ],
)
def test_scan_is_normalised(
    page: Page, gallery: str, raw: str, strip: dict[str, str], wanted: str
) -> None:
    page.goto(f"{gallery}/help/")
    got = page.evaluate(
        "async ([raw, strip]) => (await import('/static/js/scanqueue.js'))"
        ".normaliseScan(raw, strip)",
        [raw, strip],
    )
    assert got == wanted


def test_keys_are_decoded_by_their_place(page: Page, gallery: str) -> None:
    got = run(
        page,
        gallery,
        """return [["Digit4"], ["Numpad7"], ["KeyA"], ["KeyA", true], ["KeyA", false, true],
          ["KeyA", true, true], ["Digit8", true], ["Minus"], ["NumpadMultiply"], ["F2"],
          ["ArrowLeft"]].map(([code, shift, caps]) => q.charOf({code, shift, caps}))""",
    )
    assert got == ["4", "7", "a", "A", "A", "a", "*", "-", "*", "", ""]


def test_burst_is_told_from_typing(page: Page, gallery: str) -> None:
    got = run(
        page,
        gallery,
        """
        const type = (gaps, endGap) => {
          const reader = new q.BurstReader();
          let time = 1000;
          [..."0012345"].forEach((digit, n) => {
            time += n ? gaps[n % gaps.length] : 0;
            reader.feed({code: `Digit${digit}`, time});
          });
          return reader.feed({code: "Enter", time: time + endGap});
        };
        return {scanner: type([5], 20), person: type([120, 90], 150),
          slowEnd: type([5], 400), hiccup: type([5, 5, 60], 10)};
        """,
    )
    assert got["scanner"] == {"end": True, "burst": True, "text": "0012345"}
    assert got["person"] == {"end": True, "burst": False, "text": ""}
    assert got["slowEnd"]["burst"] is False
    assert got["hiccup"]["burst"] is True


def test_queue_sends_in_order_one_at_a_time(page: Page, gallery: str) -> None:
    got = run(
        page,
        gallery,
        """
        let open = 0, most = 0; const sent = [];
        const queue = new q.ScanQueue({ send: async (entry) => {
          open += 1; most = Math.max(most, open); sent.push([entry.scan, entry.state]);
          await new Promise((done) => setTimeout(done, 15));
          open -= 1; return {kind: "ok", state: `s${entry.scan}`};
        }});
        for (let n = 0; n < 20; n += 1) queue.add({mode: "checkout", scan: String(n)});
        while (queue.size) await new Promise((done) => setTimeout(done, 10));
        return {sent, most};
        """,
    )
    assert got["most"] == 1
    assert [scan for scan, _ in got["sent"]] == [str(n) for n in range(20)]
    assert [state for _, state in got["sent"]] == ["", *(f"s{n}" for n in range(19))]


def test_lost_network_retries_the_same_body(page: Page, gallery: str) -> None:
    got = run(
        page,
        gallery,
        """
        const sent = []; const seen = []; let failures = 2;
        const queue = new q.ScanQueue({ retryMs: [5], onStatus: (s) => seen.push(s.offline),
          send: async (entry) => {
            sent.push({...entry});
            if (failures-- > 0) throw new q.NetworkLost();
            return {kind: "ok", state: "new"};
        }});
        queue.add({mode: "checkin", scan: "1"});
        queue.add({mode: "renew", scan: "2"});
        while (queue.size) await new Promise((done) => setTimeout(done, 10));
        return {sent, wasOffline: seen.includes(true), offline: queue.offline};
        """,
    )
    first = got["sent"][:3]
    assert first[0] == first[1] == first[2]
    assert [entry["scan"] for entry in got["sent"]] == ["1", "1", "1", "2"]
    assert got["sent"][3]["mode"] == "renew"
    assert len({entry["key"] for entry in got["sent"]}) == 2
    assert (got["wasOffline"], got["offline"]) == (True, False)


def test_question_holds_the_queue_and_its_answer_goes_first(page: Page, gallery: str) -> None:
    got = run(
        page,
        gallery,
        """
        const sent = [];
        const queue = new q.ScanQueue({ send: async (entry) => {
          sent.push([entry.scan, entry.ask ?? null, entry.answer ?? null, entry.key]);
          return entry.scan === "A" && !entry.ask ? {kind: "ask", ask: "q7", state: "s"}
            : {kind: "ok", state: "s"};
        }});
        const rest = () => new Promise((done) => setTimeout(done, 20));
        queue.add({mode: "checkout", scan: "A"});
        queue.add({mode: "checkout", scan: "B"});
        await rest();
        const held = [sent.length, queue.size, queue.question.ask];
        queue.answer({choice: "override", why: "馆长同意"});
        await rest();
        return {held, sent};
        """,
    )
    assert got["held"] == [1, 1, "q7"]
    assert [entry[:3] for entry in got["sent"]] == [
        ["A", None, None],
        ["A", "q7", {"choice": "override", "why": "馆长同意"}],
        ["B", None, None],
    ]
    assert len({entry[3] for entry in got["sent"]}) == 3


def test_fault_stops_until_a_person_decides(page: Page, gallery: str) -> None:
    got = run(
        page,
        gallery,
        """
        const sent = []; let broken = true;
        const queue = new q.ScanQueue({ send: async (entry) => {
          sent.push(entry.scan);
          if (broken && entry.scan === "1") throw new q.Stuck("fault");
          return {kind: "ok", state: ""};
        }});
        const rest = () => new Promise((done) => setTimeout(done, 20));
        queue.add({mode: "m", scan: "1"}); queue.add({mode: "m", scan: "2"});
        await rest();
        const stuck = [queue.stuck, queue.size, [...sent]];
        queue.retry(); await rest();
        const again = [queue.stuck, queue.size];
        const left = queue.skip(); await rest();
        return {stuck, again, left: left.scan, sent, size: queue.size};
        """,
    )
    assert got["stuck"] == ["fault", 2, ["1"]]
    assert got["again"] == ["fault", 2]
    assert got["left"] == "1"
    assert got["sent"] == ["1", "1", "2"]
    assert got["size"] == 0


def test_same_scan_within_300_ms_is_taken_once(page: Page, gallery: str) -> None:
    """F24: the debounce of the browser; the server's request keys are the other half."""
    got = run(
        page,
        gallery,
        """
        let time = 0;
        const queue = new q.ScanQueue({ now: () => time, send: () => new Promise(() => {}) });
        const add = (at, scan, mode = "checkout") => { time = at; return !!queue.add({mode, scan}); };
        return [add(0, "1"), add(299, "1"), add(700, "1"), add(710, "2"), add(720, "1"),
          add(730, "1", "checkin")];
        """,
    )
    assert got == [True, False, True, True, True, True]


def test_kept_queue_goes_on_after_a_reload(page: Page, gallery: str) -> None:
    got = run(
        page,
        gallery,
        """
        let kept = null; const sent = [];
        const store = { load: () => kept, save: (value) => { kept = JSON.parse(JSON.stringify(value)); } };
        const first = new q.ScanQueue({ store, retryMs: [60000],
          send: async (entry) => { sent.push({...entry}); throw new q.NetworkLost(); } });
        first.add({mode: "checkout", scan: "1"}); first.add({mode: "checkout", scan: "2"});
        await new Promise((done) => setTimeout(done, 20));
        const second = new q.ScanQueue({ store,
          send: async (entry) => { sent.push({...entry}); return {kind: "ok", state: ""}; } });
        second.run();
        await new Promise((done) => setTimeout(done, 20));
        return {sent, left: kept.entries.length};
        """,
    )
    assert [entry["scan"] for entry in got["sent"]] == ["1", "1", "2"]
    assert got["sent"][0] == got["sent"][1]
    assert got["left"] == 0


def test_request_keys_without_secure_context(page: Page, gallery: str) -> None:
    got = run(
        page,
        gallery,
        """
        Object.defineProperty(crypto, "randomUUID", {value: undefined});
        return [q.makeRequestKey(), q.makeRequestKey()];
        """,
    )
    assert [uuid.UUID(key).version for key in got] == [4, 4]
    assert got[0] != got[1]


def test_a_paused_queue_answers_what_is_under_way_and_keeps_the_rest(
    page: Page, gallery: str
) -> None:
    """A desk that is locked or handed over: nothing is sent under the wrong name."""
    got = run(
        page,
        gallery,
        """
        const sent = [], kept = {};
        const store = (name) => ({load: () => null,
          save: (value) => { kept[name] = value.entries.map((entry) => entry.scan); }});
        let answer;
        const queue = new q.ScanQueue({store: store("one"), send: (entry) => {
          sent.push(entry.scan);
          return new Promise((done) => { answer = () => done({kind: "ok", state: ""}); });
        }});
        queue.add({mode: "checkout", scan: "1"});
        queue.add({mode: "checkout", scan: "2"});
        const paused = queue.pause();
        setTimeout(answer, 50);
        await paused;
        const during = {sent: [...sent], size: queue.size};
        queue.moveTo(store("two"));
        queue.retry();
        queue.add({mode: "checkout", scan: "3"});
        const still = sent.length;
        queue.resume();
        await new Promise((done) => setTimeout(done, 10));
        return {during, still, sent, kept, unsure: queue.unsure};
        """,
    )
    assert got["during"] == {"sent": ["1"], "size": 1}
    assert got["still"] == 1
    assert got["sent"] == ["1", "2"]
    assert got["kept"] == {"one": [], "two": ["2", "3"]}
    assert got["unsure"] is False
