"""Pages as a test sees them: parsed, checked, and used as a visitor does, by their links, labels and buttons."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from app.i18n import languages

VOID = {"input", "meta", "link", "br", "wbr", "img", "hr", "path", "circle"}
CODE_PAGES = ("/sign-in/code", "/sign-in/set-up")
NEED_A_LABEL = {"text", "email", "tel", "password", "checkbox", "radio", "number", "search", "select", "textarea"}


@dataclass
class Form:
    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[dict[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """A parsed page. ``text`` is all that a reader sees, with single spaces; ``links`` are pairs of address and words, ``facts`` names
    and values of lists of both."""

    def __init__(self, html: str, path: str = "/", status: int = 200) -> None:
        super().__init__()
        self.html, self.path, self.status = html, path, status
        self.address = path
        """With its query, where it was fetched."""
        self.title, self.lang, self.h1s = "", "", list[str]()
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.labels: dict[str, str] = {}
        self.facts: dict[str, str] = {}
        self.controls: list[dict[str, str]] = []
        self.problems: list[str] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._words: list[str] = []
        self._select: dict[str, str] = {}
        self.feed(html)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag, _, _ in self._open]
        self.text = " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if "id" in got:
            self.ids.append(got["id"])
        if "style" in got or any(name.startswith("on") for name in got):
            self.problems.append(f"<{tag}> has style or script inline")
        if tag == "html":
            self.lang = got.get("lang", "")
        elif tag == "style" or (tag == "script" and not got.get("nonce")):
            self.problems.append(f"<{tag}> without a nonce")
        elif tag == "form":
            self.forms.append(Form(got.get("action") or self.path, got.get("method", "get").lower()))
        elif tag in ("input", "select", "textarea", "button"):
            self._control(tag, got)
        elif tag == "option" and ("selected" in got or not self.forms[-1].values.get(self._select["name"])):
            self.forms[-1].values[self._select["name"]] = [got["value"]]
        if tag not in VOID:
            self._open.append((tag, got, []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass  # a drawing's shapes

    def _control(self, tag: str, got: dict[str, str]) -> None:
        kind = got.get("type", "text") if tag == "input" else tag
        if kind in NEED_A_LABEL:
            self.controls.append(got)
        if not self.forms:
            self.problems.append(f"<{tag}> outside a form")
            return
        form = self.forms[-1]
        if tag == "button":
            form.buttons.append(got)
            return
        form.names.add(got["name"])
        if tag == "select":
            self._select = got
        elif kind not in ("checkbox", "radio") or "checked" in got:
            form.values.setdefault(got["name"], []).append(got.get("value", "" if kind not in ("checkbox", "radio") else "y"))

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        for _, _, words in self._open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self.problems.append(f"</{tag}> closes nothing")
            return
        _, got, parts = self._open.pop()
        words = " ".join("".join(parts).split())
        if tag == "title":
            self.title = words
        elif tag == "h1":
            self.h1s.append(words)
        elif tag == "a" and "href" in got:
            self.links.append((got["href"], words))
        elif tag == "dt":
            self.facts[words] = ""
        elif tag == "dd" and not self.facts[list(self.facts)[-1]]:
            self.facts[list(self.facts)[-1]] = words
        elif tag == "label":
            self.labels[got.get("for", "")] = words
        elif tag == "button" and self.forms:
            self.forms[-1].buttons[-1]["words"] = words
        elif tag == "textarea":
            self.forms[-1].values[got["name"]] = ["".join(parts).replace("\r\n", "\n").removeprefix("\n")]

    @property
    def h1(self) -> str:
        return self.h1s[0]

    def link(self, words: str) -> str:
        """The address of the link with these words."""
        return next(address for address, said in self.links if said == words)

    @property
    def buttons(self) -> list[str]:
        """The words of all buttons."""
        return [button["words"] for form in self.forms for button in form.buttons if "words" in button]

    def form(self, button: str) -> Form:
        """The form with this button."""
        return next(form for form in self.forms if button in [b.get("words") for b in form.buttons])


def check_page(web: Flask, page: Page) -> Page:
    """What must be so on every page."""
    assert page.problems == []
    assert '="None"' not in page.html, "an attribute without a value should be left out"
    assert page.title.strip("– ")
    assert len(page.h1s) == 1 and page.h1
    with web.app_context():
        assert page.lang in languages()
    assert len(set(page.ids)) == len(page.ids), "duplicate ids"
    unlabelled = [c for c in page.controls if not page.labels.get(c.get("id", "")) and not c.get("aria-label")]
    assert unlabelled == []
    assert [lost for lost in page.labels if lost not in page.ids] == [], "labels for nothing"
    for form in page.forms:
        assert form.method in ("get", "post")
        assert form.method == "get" or "csrf_token" in form.names, f"{form.action} without a CSRF token"
        assert _exists(web, urljoin(page.path, form.action), form.method), f"no page takes a {form.method} to {form.action}"
    for address, words in page.links:
        assert words, f"the link to {address} has no words"
        if address.startswith("/"):
            assert _exists(web, address, "get"), f"the link to {address} leads nowhere"
        elif address.startswith("#"):
            assert address[1:] in page.ids, f"{address} is not on the page"
    return page


def _exists(web: Flask, address: str, method: str) -> bool:
    try:
        web.url_map.bind("localhost").match(urlsplit(address).path, method.upper())
    except HTTPException as error:
        return error.code in (301, 308)
    return True


class Visitor:
    """Somebody with a browser, who has chosen a language. Each page fetched is checked; redirects are followed."""

    def __init__(self, web: Flask, language: str = "en") -> None:
        self.web = web
        self.browser = web.test_client()
        self.browser.set_cookie("language", language)

    def get(self, path: str, expect: int = 200) -> Page:
        return self._page(self._open("GET", path), path, expect)

    def submit(self, page: Page, button: str, expect: int | None = 200, **given: Any) -> Page:
        """Press ``button``. Fields not given keep what the page says; a field that the form does not have is an error."""
        form = page.form(button)
        assert set(given) <= form.names, f"no such fields: {set(given) - form.names}"
        pressed = next(b for b in form.buttons if b.get("words") == button)
        own = {pressed["name"]: pressed.get("value", "")} if "name" in pressed else {}
        address = urljoin(page.path, form.action)
        shown = self.post(address, expect, **(form.values | given | own))
        return self._prove(shown) if address == "/sign-in" else shown

    def _prove(self, page: Page) -> Page:
        """An agent types the code that the demonstration says, and keeps the recovery codes."""
        said = re.search(r"<strong>(\d{6})</strong>", page.html) if page.path in CODE_PAGES else None
        if said is None:
            return page
        page = self.post(page.path, code=said[1], **{"csrf_token": page.forms[-1].values["csrf_token"]})
        onward = re.search(r'class="button" href="([^"]+)"', page.html) if page.path in CODE_PAGES else None
        return self.get(onward[1]) if onward else page

    def post(self, path: str, expect: int | None = 200, **data: Any) -> Page:
        return self._page(self._open("POST", path, data=data), path, expect)

    def _open(self, method: str, path: str, **options: Any) -> TestResponse:
        path = path.removeprefix("http://127.0.0.1:8000")
        return self.browser.open(path, method=method, follow_redirects=True, **options)

    def _page(self, response: TestResponse, path: str, expect: int | None) -> Page:
        page = Page(response.text, response.request.path, response.status_code)
        page.address = response.request.full_path.removesuffix("?")
        assert expect in (None, page.status), f"{page.status} {page.h1s}: {page.text[:400]}"
        return check_page(self.web, page)
