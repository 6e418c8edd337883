"""Reading a page in a test: its text, its links and its forms, by the standard library's parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"input", "meta", "link", "br", "img"})


@dataclass
class Form:
    """A form: where it goes, its fields as a browser would send them, its buttons as (name, value)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


class Html(HTMLParser):
    """A parsed page."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.forms: list[Form] = []
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self._option: tuple[str, str] | None = None
        self._select: str | None = None
        self.feed(source)

    @property
    def text(self) -> str:
        """Everything a reader reads, in one line."""
        return " ".join(self.elements[0].text.split()) if self.elements else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)
        self._of_form(tag, attributes)

    def _of_form(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append(Form(attributes.get("action", ""), attributes.get("method", "get")))
        elif self.forms and tag == "input" and attributes.get("name"):
            kind = attributes.get("type", "text")
            if kind not in ("radio", "checkbox") or "checked" in attributes:
                self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")
        elif self.forms and tag == "button" and attributes.get("type") == "submit":
            self.forms[-1].buttons.append((attributes.get("name", ""), attributes.get("value", "")))
        elif self.forms and tag in ("select", "textarea"):
            self.forms[-1].fields[attributes["name"]] = ""

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            closed = self._open.pop()
            if self._open:
                self._open[-1].text += closed.text
            if closed.tag == "textarea" and self.forms:
                self.forms[-1].fields[closed.attributes["name"]] = closed.text
            if closed.tag == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Every element of a tag with these attributes (`class_` holds one of its classes)."""
        return [element for element in self.elements if element.tag == tag and _fits(element, attributes)]

    def first(self, tag: str, **attributes: str) -> Element:
        return self.all(tag, **attributes)[0]

    def form(self, action: str) -> Form:
        """The form that goes to an address ending so."""
        return next(form for form in self.forms if form.action.endswith(action))


def _fits(element: Element, wanted: dict[str, Any]) -> bool:
    for name, value in wanted.items():
        if name == "class_":
            if value not in element.attributes.get("class", "").split():
                return False
        elif element.attributes.get(name.replace("_", "-")) != value:
            return False
    return True
