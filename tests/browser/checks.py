"""What every page is checked for: axe, overflow and overlap, an empty console."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from playwright.sync_api import ConsoleMessage, Page

AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
PATIENCE = 30_000
"""Milliseconds until what does not come is missed: a page may share the processors with a whole
suite. Nobody waits any longer for what does come."""
_good: WeakKeyDictionary[Page, set[int]] = WeakKeyDictionary()
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_OVERFLOW = """() => {
  const found = [];
  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth) found.push(`page is ${page.scrollWidth} wide in ${innerWidth}`);
  const seen = (element) => {
    const style = getComputedStyle(element);
    return style.visibility !== "hidden" && style.display !== "none" && style.opacity !== "0";
  };
  const hidden = (element) => element.closest(".sr-only, .skip, [hidden], .long, svg") !== null
    || [...document.querySelectorAll("details:not([open])")].some(
      (details) => details.contains(element)
        && !details.querySelector(":scope > summary")?.contains(element));
  const scrolls = (element) => {
    for (let up = element.parentElement; up; up = up.parentElement) {
      if (/(auto|scroll|hidden)/.test(getComputedStyle(up).overflowX) && up !== document.body) return true;
    }
    return false;
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.textContent.trim() || hidden(element) || !seen(element)) continue;
    if (["SCRIPT", "STYLE", "OPTION", "TEXTAREA"].includes(element.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 2 || box.height < 2) continue;
      const name = node.textContent.trim().slice(0, 20);
      if (!scrolls(element) && (box.right > innerWidth + 1 || box.left < -1)) {
        found.push(`"${name}" leaves the page`);
      }
      const fixed = (() => {
        for (let up = element; up; up = up.parentElement) {
          if (getComputedStyle(up).position === "fixed") return true;
        }
        return false;
      })();
      if (!fixed && !scrolls(element)) texts.push({ name, box, element });
    }
  }
  for (let one = 0; one < texts.length; one += 1) {
    for (let two = one + 1; two < texts.length; two += 1) {
      const a = texts[one], b = texts[two];
      if (a.element === b.element) continue;
      const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      // Line boxes touch; glyphs only collide when a good part of a line is covered.
      if (width > 2 && height > Math.min(a.box.height, b.box.height) * 0.35) {
        found.push(`"${a.name}" and "${b.name}" overlap`);
      }
    }
  }
  for (const element of document.querySelectorAll("button, .btn, .badge, .nav-item, h1, h2, h3")) {
    if (hidden(element) || !seen(element) || !element.getClientRects().length) continue;
    if (element.scrollWidth > element.clientWidth + 2 && element.clientWidth > 0
        && getComputedStyle(element).display !== "inline") {
      found.push(`"${element.textContent.trim().slice(0, 20)}" is wider than its box`);
    }
  }
  return [...new Set(found)];
}"""

_TARGETS = """(least) => {
  const found = [];
  for (const element of document.querySelectorAll("a, button, input, select, textarea, summary")) {
    if (element.type === "hidden" || element.closest(".skip, [hidden], .sr-only")) continue;
    let box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const label = element.closest("label");
    if (label) box = label.getBoundingClientRect();
    if (getComputedStyle(element).display === "inline" && element.closest("p, li, td")) continue;
    if (box.height + 0.5 < least || box.width + 0.5 < Math.min(least, 24)) {
      found.push(`${element.tagName} "${(element.textContent || element.name).trim().slice(0, 20)}" `
        + `${Math.round(box.width)}×${Math.round(box.height)}`);
    }
  }
  return found;
}"""


def axe(page: Page) -> list[str]:
    """The accessibility violations of the page as one line a node; empty is good.

    A document that was found good and is only shown at another width is not asked again, unless
    SHUXIANG_TEST_EVERY_WIDTH is set (``make pages``): half of the browser's time went there."""
    page.wait_for_load_state("load")
    good = _good.setdefault(page, set())
    shown = hash(page.evaluate("document.documentElement.outerHTML"))
    if shown in good and not os.environ.get("SHUXIANG_TEST_EVERY_WIDTH"):
        return []
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", AXE_TAGS
    )
    found = [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
    if not found:
        good.add(shown)
    return found


def no_overflow(page: Page) -> list[str]:
    """Texts that leave the page, overlap each other or are wider than their box; empty is good."""
    # A text may be there before its style sheet.
    page.wait_for_load_state("load")
    found: list[str] = page.evaluate(_OVERFLOW)
    return found


def small_targets(page: Page, least: int) -> list[str]:
    """Controls lower than `least` CSS pixels; links within running text are exempt."""
    page.wait_for_load_state("load")
    found: list[str] = page.evaluate(_TARGETS, least)
    return found


class Console:
    """Collects what a page complains about: script errors, console errors, blocked content."""

    def __init__(self, page: Page) -> None:
        self.lines: list[str] = []
        page.on("console", self._message)
        page.on("pageerror", lambda error: self.lines.append(f"script error: {error}"))

    def _message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.lines.append(f"{message.type}: {message.text}")

    def assert_clean(self) -> None:
        assert self.lines == []


def console_clean(page: Page) -> Console:
    """Start watching `page` (before it is opened); call ``assert_clean`` on the result."""
    return Console(page)


def until(page: Page, expression: str, seconds: float = 30) -> None:
    """Wait until a JavaScript expression is true. Playwright's own `wait_for_function` polls with
    eval once the first look was in vain, which the pages' policy forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {seconds} s: {expression}")
        page.wait_for_timeout(50)
