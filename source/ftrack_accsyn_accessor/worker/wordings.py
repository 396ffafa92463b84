"""In which words the items of one submission are written: as is known to be understood, else in ever plainer ones.

On the worker's thread only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ftrack_accsyn_accessor.model import tasks
from ftrack_accsyn_accessor.model.assumptions import PLAINEST, Notation
from ftrack_accsyn_accessor.model.item import Item, Trouble
from ftrack_accsyn_accessor.worker.goods import Goods


class Wordings:
    """To be made anew for each submission. *usual* is the notation that is taken to be understood here.

    `paths` are those of the tasks of each item, by its id.
    """

    def __init__(self, goods: Goods, usual: Notation) -> None:
        self._goods = goods
        self._usual = usual
        self._notations: dict[int, Notation] = {}
        self._left: dict[int, list[Notation]] = {}
        self._understood: set[str] = set()
        self.paths: dict[int, list[str]] = {}

    def write(self, items: Sequence[Item]) -> None:
        """Choose the words of *items*: what accsyn has read otherwise than it was meant goes in the plainest.

        What was refused before was refused elsewhere: by a job that is done, say, which refuses whatever it gets.
        """
        for item in items:
            self._left.pop(item.id, None)
            self._put(item, PLAINEST if item.cause_kind == Trouble.FORM.value else self._usual)

    def mirrored(self, item: Item) -> bool:
        """Whether the destinations of *item* go without their paths."""
        return self._notations[item.id].mirrored

    def taken(self, items: Sequence[Item]) -> None:
        """Take note that accsyn has taken *items* as they are written."""
        for item in items:
            self._understood |= self._relied_on(item)
            if item.id in self._left:
                self._usual = self._notations[item.id]

    def plainer(self, item: Item) -> bool:
        """Write *item*, which accsyn has refused, in other words; return False where there are none left to try.

        Those in which another one was taken meanwhile come first. What accsyn has understood of others is not what it
        has refused of this one. What it has misread goes in no other words than the plainest, whoever refuses those.
        """
        if item.cause_kind == Trouble.FORM.value:
            return False
        if item.id not in self._left:
            self._left[item.id] = list(self._ways(item))
        if not self._left[item.id]:
            return False
        self._put(item, self._left[item.id].pop(0))
        return True

    def _put(self, item: Item, notation: Notation) -> None:
        self._notations[item.id] = notation
        self.paths[item.id] = self._goods.paths(item, notation)

    def _ways(self, item: Item) -> Iterator[Notation]:
        """Yield the notations in which *item* has not been refused yet, those that cost the least first."""
        first = self._notations[item.id]
        doubtful = self._relied_on(item) - self._understood
        if self._usual != first:
            yield self._usual
        if "mirrored" in doubtful:
            yield first._replace(mirrored=False)
        if doubtful - {"mirrored"}:
            yield first._replace(ranges=False, folders=False)
            yield PLAINEST

    def _relied_on(self, item: Item) -> set[str]:
        """Return which parts of its notation the tasks of *item* make use of."""
        mirrored = {"mirrored"} if self.mirrored(item) else set()
        return mirrored | tasks.together(item.publication, self.paths[item.id])
