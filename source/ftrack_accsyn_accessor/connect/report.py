"""Shows a longer text that can be copied."""

from __future__ import annotations

from ftrack_accsyn_accessor.connect.qt import QtCore, QtGui, QtWidgets


class ReportDialog(QtWidgets.QDialog):
    """A window with *text*, which goes when it is closed."""

    def __init__(self, title: str, text: str, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("accsyn-report")
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(640, 420)
        self.text = QtWidgets.QTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QtWidgets.QTextEdit.LineWrapMode.NoWrap)
        # As a style sheet: Connect's own, which names a font for everything, goes before any font that is set.
        family = QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont).family()
        self.text.setStyleSheet(f'QTextEdit {{ font-family: "{family}", monospace; }}')
        self.text.setPlainText(text)
        copy = QtWidgets.QPushButton("Copy")
        close = QtWidgets.QPushButton("Close")
        copy.clicked.connect(lambda: QtGui.QGuiApplication.clipboard().setText(self.text.toPlainText()))
        close.clicked.connect(self.close)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(copy)
        buttons.addWidget(close)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addLayout(buttons)
