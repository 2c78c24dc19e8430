"""The theme's promises: contrast, tokens, fonts, measures, icons."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QIcon, QImage, QPalette
from PySide6.QtWidgets import QComboBox, QPushButton, QSpinBox, QVBoxLayout, QWidget

from voxviewer.gui import icons, stylesheet, theme, tokens

GROUNDS = ("canvas", "window", "panel", "head", "raised", "field")
# Lowest contrast over all grounds, dark and light, as the look was designed.
LOWEST = {
    "text": (10.9, 12.3), "text2": (6.8, 6.9), "text3": (4.6, 4.9), "accent": (6.0, 4.7),
    "ok": (6.7, 4.8), "warning": (6.8, 4.9), "error": (5.4, 4.6), "padded": (5.7, 4.8),
}  # fmt: skip
BOTH = pytest.mark.parametrize("colors", [tokens.DARK, tokens.LIGHT], ids=["dark", "light"])


@pytest.fixture(autouse=True)
def themed(qapp):
    font = QFont(qapp.font())
    theme.apply(qapp, "dark")
    yield
    # Widgets that wait to be deleted would be styled once more, in every test to come.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setFont(font)
    theme.choose("system")


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def pixels(image: QImage) -> bytes:
    # Held by a name: its memory must outlive the view of it.
    plain = image.convertToFormat(QImage.Format.Format_ARGB32)
    return bytes(plain.constBits())


@BOTH
@pytest.mark.parametrize("role", LOWEST)
def test_words_stand_out_from_every_ground_as_designed(colors, role):
    values = asdict(colors)
    lowest = min(contrast(values[role], values[ground]) for ground in GROUNDS)
    assert lowest == pytest.approx(LOWEST[role][colors is tokens.LIGHT], abs=0.051)
    assert lowest >= 4.5  # WCAG AA for text


@BOTH
def test_words_stand_out_on_accent_and_soft(colors):
    light = colors is tokens.LIGHT
    assert contrast(colors.onaccent, colors.accent) == pytest.approx((7.7, 6.6)[light], abs=0.051)
    assert contrast(colors.accent, colors.soft) == pytest.approx((5.5, 5.2)[light], abs=0.051)
    assert contrast(colors.text, colors.chosen) > 7


@BOTH
@pytest.mark.parametrize("kind", ["ok", "warning", "error", "padded"])
def test_badges_can_be_read(colors, kind):
    values = asdict(colors)
    assert 5.15 <= contrast(values[kind], values[f"{kind}fill"]) <= 7.25


@BOTH
def test_every_token_is_a_color_and_the_grays_are_pure(colors):
    values = asdict(colors)
    assert all(re.fullmatch(r"#[0-9a-f]{6}", value) for value in values.values())
    grays = (*GROUNDS, "chosen", "hover", "line", "edge", "text", "text2", "text3", "off")
    for name in grays:
        color = QColor(values[name])
        assert color.red() == color.green() == color.blue()


@BOTH
def test_the_palette_says_the_same_as_the_tokens(colors):
    made = tokens.palette(colors)
    for role, token in tokens.ROLES.items():
        wanted = QColor(getattr(colors, token))
        assert made.color(QPalette.ColorGroup.Active, QPalette.ColorRole[role]) == wanted
    off = made.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert off == QColor(colors.off)


def test_a_choice_of_theme_reaches_widgets_and_is_told(qtbot, qapp):
    page = QWidget()
    qtbot.addWidget(page)
    page.show()
    qtbot.waitExposed(page)
    with qtbot.waitSignal(theme.changed):
        theme.choose("light")
    assert page.grab().toImage().pixelColor(5, 5) == QColor(tokens.LIGHT.panel)
    assert (theme.choice(), theme.is_dark()) == ("light", False)
    theme.choose("dark")
    assert theme.is_dark()


@pytest.mark.parametrize(
    ("choice", "scheme", "colors"),
    [
        ("system", Qt.ColorScheme.Light, tokens.LIGHT),
        ("system", Qt.ColorScheme.Dark, tokens.DARK),
        ("system", Qt.ColorScheme.Unknown, tokens.DARK),
        ("light", Qt.ColorScheme.Dark, tokens.LIGHT),
        ("dark", Qt.ColorScheme.Light, tokens.DARK),
    ],
)
def test_the_choice_decides_and_system_leaves_it_to_the_desktop(choice, scheme, colors):
    assert tokens.wanted(choice, scheme, high_contrast=False) == colors


@BOTH
def test_high_contrast_draws_strong_borders(colors):
    choice = "light" if colors is tokens.LIGHT else "dark"
    strong = tokens.wanted(choice, Qt.ColorScheme.Unknown, high_contrast=True)
    assert min(contrast(strong.edge, getattr(strong, ground)) for ground in GROUNDS) > 4.5


@pytest.mark.parametrize(("choice", "followed"), [("dark", False), ("system", True)])
def test_news_from_the_desktop_is_followed_only_where_it_may_decide(
    qapp, monkeypatch, choice, followed
):
    theme.choose(choice)
    monkeypatch.setattr(theme, "wanted", lambda *_: tokens.LIGHT)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.is_dark() is not followed


def test_a_theme_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="use one of: system, light, dark"):
        theme.choose("sepia")


def test_kinds_of_text_are_sized_from_the_systems_font(qapp):
    base = theme.font_pixels()
    assert {kind: QFontInfo(theme.font(kind)).pixelSize() - base for kind in theme.FONTS} == {
        kind: delta for kind, (delta, _) in theme.FONTS.items()
    }
    assert theme.font("title").weight() == QFont.Weight.DemiBold
    assert theme.font("body").featureValue(QFont.Tag("tnum")) == 1


def test_measures_grow_with_the_font(qapp):
    small = {kind: theme.height(kind) for kind in theme.HEIGHTS}
    assert all(small[kind] >= theme.HEIGHTS[kind] for kind in small)
    qapp.setFont(QFont("DejaVu Sans", 2 * qapp.font().pointSize()))
    line = QFontMetrics(qapp.font()).height()
    assert all(theme.height(kind) >= max(small[kind], line) for kind in small)
    assert theme.width(100) > 150
    assert theme.icon_size(16) == 32


def test_another_font_of_the_system_is_told(qtbot, qapp):
    with qtbot.waitSignal(theme.changed):
        qapp.setFont(QFont("DejaVu Sans", 15))


def test_fades_can_be_left_out(monkeypatch):
    assert not theme.reduced_motion()
    monkeypatch.setenv("VOXVIEWER_REDUCED_MOTION", "1")
    assert theme.reduced_motion()
    theme.set_reduced_motion(False)
    assert not theme.reduced_motion()
    theme.set_reduced_motion(None)


@BOTH
def test_the_style_sheet_leaves_no_name_open_and_its_images_exist(colors):
    sheet = stylesheet.build(colors, theme._measures(), theme._label_fonts())
    assert "@" not in sheet
    images = re.findall(r'url\("([^"]+)"\)', sheet)
    assert len(images) >= 8
    for path in images:
        assert "currentColor" not in Path(path).read_text(encoding="utf-8")


def test_plain_fields_have_the_height_of_the_look(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    fields = QSpinBox(), QComboBox(), QPushButton("Run")
    for field in fields:
        column.addWidget(field)
    page.show()
    qtbot.waitExposed(page)
    assert [field.height() for field in fields] == [
        theme.height("field"),
        theme.height("field"),
        theme.height("button"),
    ]


@pytest.mark.parametrize("name", icons.names())
def test_every_icon_draws_something_inside_its_edge(name):
    image = icons.pixmap(name, 48).toImage()
    alpha = [
        [image.pixelColor(x, y).alpha() for x in range(0, 48)] for y in range(0, 48)
    ]  # 2 px a grid unit
    assert sum(map(sum, alpha)) > 255 * 20
    if name == "voxviewer":
        return
    edge = alpha[0] + alpha[1] + alpha[-1] + alpha[-2]
    edge += [row[x] for row in alpha for x in (0, 1, -1, -2)]
    assert max(edge) == 0


@pytest.mark.parametrize("name", [name for name in icons.names() if name != "voxviewer"])
def test_every_icon_differs_between_the_themes(name):
    made = icons.icon(name)
    dark = pixels(made.pixmap(16, 16).toImage())
    theme.choose("light")
    assert pixels(made.pixmap(16, 16).toImage()) != dark


def test_icons_show_the_state_of_their_button(qapp):
    made = icons.icon("loop")
    states = [
        made.pixmap(QSize(16, 16), QIcon.Mode.Normal, QIcon.State.Off),
        made.pixmap(QSize(16, 16), QIcon.Mode.Disabled, QIcon.State.Off),
        made.pixmap(QSize(16, 16), QIcon.Mode.Normal, QIcon.State.On),
        icons.icon("loop", "onaccent").pixmap(16, 16),
    ]
    assert len({pixels(state.toImage()) for state in states}) == 4


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_icons_are_sharp_on_every_screen(scale):
    drawn = icons.icon("open").pixmap(QSize(16, 16), scale)
    assert drawn.width() == 16 * scale
    assert drawn.devicePixelRatio() == scale
    copy = QIcon(icons.icon("open"))
    assert pixels(copy.pixmap(QSize(16, 16), scale).toImage()) == pixels(drawn.toImage())


def test_an_icon_that_is_not_there_says_which_there_are():
    with pytest.raises(KeyError, match="microscope"):
        icons.icon("nonsense")


def test_icons_are_our_own_strokes_on_one_grid():
    for name in icons.names():
        text = (stylesheet.asset("icons") / f"{name}.svg").read_text(encoding="utf-8")
        assert "<image" not in text
        if name != "voxviewer":
            assert 'viewBox="0 0 24 24"' in text
            assert "currentColor" in text
            assert not re.search(r'(fill|stroke)="#', text)
