"""The context menu of a line in the table."""

from __future__ import annotations

from typing import Callable

from ftrack_accsyn_accessor.connect.qt import QtWidgets
from ftrack_accsyn_accessor.connect.shapes import Line


class LineMenu(QtWidgets.QMenu):
    """Offers what can be done about a line; each of these is called with the line."""

    def __init__(
        self,
        parent: QtWidgets.QWidget,
        line: Line,
        *,
        fold: Callable[[Line], None],
        retry: Callable[[Line], None],
        first: Callable[[Line], None],
        cancel: Callable[[Line], None],
        folder: Callable[[Line], None],
        diagnosis: Callable[[Line], None],
    ) -> None:
        super().__init__(parent)
        offers = (
            (line.unfolded is not None, "Fold" if line.unfolded else "Unfold", fold),
            (line.retryable, "Retry", retry),
            (line.hurriable, "This first", first),
            (line.cancellable, "Cancel", cancel),
            (line.request is None, "Open folder", folder),
            (bool(line.component_id), "Copy diagnosis", diagnosis),
        )
        for offered, text, act in offers:
            if offered:
                self.addAction(text, lambda act=act: act(line))  # type: ignore[misc]  # mypy does not infer lambdas
