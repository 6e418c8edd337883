"""What look-ups remember: what is committed for every thread, what a transaction gave out for its own thread only.

Between `begin` and `end` a thread's findings lie in a layer of its own, since they may rest on rows that nobody else
sees yet. A layer that is kept joins the one around it, the outermost what everybody may believe; one that is not kept
is gone with what it rested on. When there is too much of it, all of it is forgotten: memory is bounded, never wrong.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock, local
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """A bounded memory. Safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._committed: dict[Key, Value] = {}
        self._own = local()

    def __len__(self) -> int:
        return len(self._committed)

    @property
    def _layers(self) -> list[dict[Key, Value | None]]:
        """The layers of this thread's transaction and its parts, outermost first; None in one means: ask again."""
        layers: list[dict[Key, Value | None]] | None = getattr(self._own, "layers", None)
        if layers is None:
            layers = self._own.layers = []
        return layers

    def get(self, key: Key) -> Value | None:
        """What is remembered under a key, as this thread may believe it."""
        for layer in reversed(self._layers):
            if key in layer:
                return layer[key]
        return self._committed.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Remember what was found."""
        if layers := self._layers:
            self._keep_small(layers[-1])
            layers[-1][key] = value
        else:
            self._publish({key: value})

    def drop(self, key: Key) -> None:
        """Forget exactly this: it may lead elsewhere now."""
        if layers := self._layers:
            layers[-1][key] = None
        else:
            self._publish({key: None})

    def clear(self) -> None:
        """Forget all that is committed: some of it may lead nowhere now. For a thread outside of transactions."""
        with self._lock:
            self._committed.clear()

    def begin(self) -> None:
        """This thread begins a transaction, or a part of one."""
        self._layers.append({})

    def end(self, *, kept: bool) -> None:
        """It has ended: committed, or as if it had never been."""
        layer = self._layers.pop()
        if not kept:
            return
        if layers := self._layers:
            self._keep_small(layers[-1])
            layers[-1].update(layer)
        else:
            self._publish(layer)

    def _publish(self, found: dict[Key, Value | None]) -> None:
        with self._lock:
            if len(self._committed) + len(found) > self._limit:
                self._committed.clear()
            for key, value in found.items():
                if value is None:
                    self._committed.pop(key, None)
                else:
                    self._committed[key] = value

    def _keep_small(self, layer: dict[Key, Value | None]) -> None:
        """What a layer asks to be forgotten stays in it: below it something may be remembered."""
        if len(layer) >= self._limit:
            dropped = [key for key, value in layer.items() if value is None]
            layer.clear()
            layer.update(dict.fromkeys(dropped))
