"""The addresses of a demonstration: one for each role, with a key of this start, on this machine only."""

from __future__ import annotations

import pytest

from api.pages.demo_roles import Demo, city_roles
from api.pages.menus import first_page
from tests.support.browser import Pages
from tests.support.html import Html


@pytest.mark.parametrize("slug", city_roles())
def test_an_address_signs_its_role_in_and_leads_to_its_first_page(house: Pages, slug: str) -> None:
    role = city_roles()[slug]
    browser = house.visitor()
    answer = browser.get(f"/demo/{slug}/the-key-of-this-start")

    assert answer.status_code == 303
    assert answer.headers["location"] == role.first_page
    assert browser.get(role.first_page).status_code == 200


@pytest.mark.parametrize("slug", city_roles())
def test_every_role_of_the_city_has_a_first_page_of_its_menu(slug: str) -> None:
    assert first_page(city_roles()[slug].viewer) is not None


@pytest.mark.parametrize("path", ["/demo/hr/another-key", "/demo/nobody/the-key-of-this-start", "/demo/hr/"])
def test_another_address_does_not_exist(house: Pages, path: str) -> None:
    assert house.visitor().get(path).status_code == 404


def test_an_address_works_on_this_machine_only(house: Pages) -> None:
    stranger = house.visitor(client=("192.0.2.7", 50_000))

    assert stranger.get("/demo/hr/the-key-of-this-start").status_code == 404
    assert stranger.post("/sign-in", {"role": "hr", "next": ""}).status_code == 404
    assert "role" not in {name for form in stranger.read("/sign-in").forms for name, _ in form.buttons}


def test_the_sign_in_has_a_button_for_each_role(house: Pages) -> None:
    browser = house.visitor()
    form = next(form for form in browser.read("/sign-in").forms if ("role", "hr") in form.buttons)

    assert {value for name, value in form.buttons if name == "role"} == set(city_roles())
    assert browser.send(form, "hr").headers["location"] == city_roles()["hr"].first_page
    assert browser.get("/eligibility").status_code == 200


def test_without_a_demonstration_there_is_no_such_address(own_house: Pages) -> None:
    browser = own_house.visitor()

    assert browser.get("/demo/hr/the-key-of-this-start").status_code == 404
    assert browser.post("/sign-in", {"role": "hr", "token": "", "next": ""}).status_code == 422
    assert "演示角色" not in browser.read("/sign-in").text


def test_every_start_has_a_key_of_its_own() -> None:
    one, other = Demo(city_roles()), Demo(city_roles())

    assert len(one.key) >= 32
    assert one.key != other.key
    assert one.key not in repr(one)
    assert one.addresses("http://127.0.0.1:8000/")["hr"] == f"http://127.0.0.1:8000/demo/hr/{one.key}"


def test_a_demonstration_says_that_its_data_are_fictional(house: Pages) -> None:
    assert "虚构" in Html(house.visitor().get("/sign-in").text).first("footer").text
