"""Pages in Chromium: they ask for nothing, complain of nothing, fit a phone, and can be read."""

import subprocess

import pytest

from .browser import NAMES, Browser, find_chromium

PAGES = ("version", "group", "loans", "registry", "empty")

# The contrast of each text with what lies below it, by WCAG 2.2: L = 0.2126 R + 0.7152 G + 0.0722 B
# of linear colours, and (L1 + 0.05) / (L2 + 0.05).
CONTRASTS = """
(() => {
  const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const below = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.getClientRects().length || element.closest("title, desc")) continue;
    if (element.classList.contains("inside")) continue;  // on a bar, which is looked at apart
    const style = getComputedStyle(element);
    const isSvg = element instanceof SVGElement;
    const [one, two] = [light(parts(isSvg ? style.fill : style.color)), light(below(element))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const key = element.tagName + "." + (element.getAttribute("class") || "");
    found[key] = Math.min(found[key] ?? 99, ratio);
  }
  return found;
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = find_chromium()
    if program is None:
        pytest.skip(f"no browser to open pages in: none of {', '.join(NAMES)} is on the PATH")
    with Browser(program, tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def pages(connection, version, group, tmp_path_factory):
    import modelgroups as mg

    folder = tmp_path_factory.mktemp("pages")
    subjects = {"version": version, "group": group, "registry": connection,
                "loans": connection.get_model_group("Loans")}  # fmt: skip
    found = {name: each.report(folder / f"{name}.html") for name, each in subjects.items()}
    with mg.connect(":memory:") as empty:
        found["empty"] = empty.report(folder / "empty.html")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_complains_of_nothing(name, browser, pages):
    browser.see()
    browser.visit(pages[name])
    assert browser.requests == [pages[name].as_uri()]
    assert browser.complaints == []
    assert browser.ask("document.querySelectorAll('h1').length") == 1
    assert browser.ask("document.compatMode") == "CSS1Compat"


def test_a_browser_would_have_told_of_requests_and_errors(browser, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text("<!DOCTYPE html><img src='https://example.invalid/a.png'><script>nothing()"
                    "</script>")  # fmt: skip
    browser.visit(path)
    assert "https://example.invalid/a.png" in browser.requests
    assert any("nothing is not defined" in str(each) for each in browser.complaints)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(name, browser, pages):
    browser.see(width=390, height=844)
    browser.visit(pages[name])
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    # what is wider scrolls within itself, and nothing reaches out of its card
    assert browser.ask(
        "[...document.querySelectorAll('figure, .card, .tiles > div')]"
        ".filter(each => each.scrollWidth > each.clientWidth + 1).length"
    ) == 0  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["version", "group", "registry"])
def test_every_text_can_be_read_in_both_schemes(name, scheme, browser, pages):
    browser.see(scheme=scheme)
    browser.visit(pages[name])
    is_dark = browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"
    assert is_dark == (scheme == "dark")
    contrasts = browser.ask(CONTRASTS)
    assert len(contrasts) > 10
    assert {key: ratio for key, ratio in contrasts.items() if ratio < 4.5} == {}


def test_a_page_is_printed_dark_on_white_with_its_heat_map_across(browser, pages):
    browser.see(scheme="dark", media="print")
    browser.visit(pages["version"])
    assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.ask("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert browser.ask("getComputedStyle(document.querySelector('#drift')).page") == "wide"
    contrasts = browser.ask(CONTRASTS)
    assert {key: ratio for key, ratio in contrasts.items() if ratio < 4.5} == {}


def test_the_keyboard_reaches_links_tables_and_details(browser, pages):
    browser.see()
    browser.visit(pages["version"])
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab",
                     windowsVirtualKeyCode=9)  # fmt: skip
    assert browser.ask("document.activeElement.className") == "skip"
    assert browser.ask("document.activeElement.getBoundingClientRect().left") >= 0
    assert browser.ask(
        "[...document.querySelectorAll('.wide')].every(each => each.tabIndex === 0)"
    )  # fmt: skip


def test_without_a_browser_it_is_said_which_ones_were_looked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None
    assert subprocess.call(["/bin/sh", "-c", "command -v chromium"]) != 0
