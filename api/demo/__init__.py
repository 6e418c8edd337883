"""The fictional city of the demonstration: the same people, facts and figures every time."""

from api.demo.city import EDITIONS, SHOWN_CHECK, SHOWN_PERSON, SHOWN_UNIT, city_lines

__all__ = ["EDITIONS", "SHOWN_CHECK", "SHOWN_PERSON", "SHOWN_UNIT", "city_lines"]
