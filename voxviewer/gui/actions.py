"""Every command as a row of one table: key, text, icon, shortcut, what it runs, when it is on.

Menus, toolbar, palette, tooltips and the sheet of keys are read from these rows. Keys that belong
to typing too (Space, arrows, Home, End) are not window shortcuts: they reach the window's
`keyPressEvent` only where the focused field has no use for them; menus show them all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from voxviewer.data import Skeleton, Volume
from voxviewer.gui.icons import icon
from voxviewer.networks.shipped import WAVES

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QMenu, QMenuBar

    from voxviewer.gui.main_window import MainWindow

Standard = QKeySequence.StandardKey
Shortcut = str | QKeySequence.StandardKey | None
USUAL = {Standard.FullScreen: "F11", Standard.Close: "Ctrl+W", Standard.Quit: "Ctrl+Q"}
"""Keys of standard commands that some desktops leave without one."""


@dataclass(frozen=True)
class Command:
    """One row; `enabled` and `checked` are asked whenever something changed."""

    key: str
    text: str
    run: Callable[[MainWindow], object]
    icon: str = ""
    shortcut: Shortcut = None
    tip: str = ""
    enabled: Callable[[MainWindow], bool] | None = None
    checked: Callable[[MainWindow], bool] | None = None
    plain_key: bool = False


def _has_clip(window: MainWindow) -> bool:
    return window.session.clip is not None


def _has_maps(window: MainWindow) -> bool:
    return window.session.features is not None


def _has_heat(window: MainWindow) -> bool:
    return window.session.heat is not None


def _has_bank(window: MainWindow) -> bool:
    return window.session.bank is not None


def _can_pin(window: MainWindow) -> bool:
    session = window.session
    if session.bank is None or session.filters in session.pinned:
        return False
    from voxviewer.gui.banks_row import MOST

    return len(session.pinned) < MOST


def _can_walk(window: MainWindow) -> bool:
    maps = window.session.features
    return maps is not None and maps.bank is not None


def _has_source(window: MainWindow) -> bool:
    return window.session.current is not None


def _has_depth(window: MainWindow) -> bool:
    source = window.session.current
    return isinstance(source, Volume) and source.shape[1] > 1


def _has_joints(window: MainWindow) -> bool:
    return any(isinstance(source, Skeleton) for source in window.session.sources)


def _shows_joints(window: MainWindow) -> bool:
    return isinstance(window.session.current, Skeleton)


def _keras_there(window: MainWindow) -> bool:
    return window.session.keras.state != "missing"


def _can_train(window: MainWindow) -> bool:
    session = window.session
    return bool(session.clip or session.examples.folder or session.training.targets)


def _engine(name: str) -> Callable[[MainWindow], object]:
    return lambda window: window.choose("convolution", engine=name)


def _is_engine(name: str) -> Callable[[MainWindow], bool]:
    return lambda window: window.session.convolution.engine == name


def _is_source(name: str) -> Callable[[MainWindow], bool]:
    return lambda window: window.session.filters.source == name


def _theme(name: str) -> Callable[[MainWindow], object]:
    return lambda window: window.arranging.choose_theme(name)


def _is_theme(name: str) -> Callable[[MainWindow], bool]:
    return lambda window: window.arranging.theme_choice() == name


COMMANDS = (
    Command("open", "Open file …", lambda w: w.asking.files(), "open", Standard.Open,
            "Open scans, pictures, frames or skeletons"),
    Command("open_folder", "Open folder …", lambda w: w.asking.folder(), "frames",
            "Ctrl+Shift+O", "Open a folder of images as one clip"),
    Command("paste", "Open pasted path", lambda w: w.open_pasted(), "drop", Standard.Paste,
            "Open the files or the path on the clipboard"),
    Command("close_source", "Close source", lambda w: w.close_source(), "close", Standard.Close,
            "Take the current source off the list", _has_source),
    Command("export_gif", "Export GIF …", lambda w: w.asking.export(), "export", "Ctrl+E",
            "Save the clip, one map or the wall as a moving picture", _has_clip),
    Command("save_tensor", "Save tensor …", lambda w: w.asking.tensor(), "drop", Standard.Save,
            "Save the clip (T, H, W, C) as .npy or .npz", _has_clip),
    Command("save_maps", "Save maps …", lambda w: w.asking.maps(), "wall", "",
            "Save the feature maps (T, H, W, F) as .npy or .npz", _has_maps),
    Command("quit", "Quit", lambda w: w.close(), "", Standard.Quit, "Close the program"),
    Command("undo", "Undo", lambda w: w.history.undo(), "undo", Standard.Undo,
            "Take the last choice back", lambda w: w.history.can_undo),
    Command("redo", "Redo", lambda w: w.history.redo(), "redo", Standard.Redo,
            "Choose it again", lambda w: w.history.can_redo),
    Command("copy_python", "Copy as Python", lambda w: w.copying.python(), "python", "Ctrl+Shift+C",
            "Copy a script that makes the same tensors", _has_source),
    Command("copy_value", "Copy value", lambda w: w.copying.value(), "copy", Standard.Copy,
            "Copy place and value under the pointer, or the chosen voxel's", _has_source),
    Command("copy_frame", "Copy clip frame", lambda w: w.copying.frame(), "copy", "Ctrl+Alt+C",
            "Copy the clip's frame as a picture, in the pixels of the screen", _has_clip),
    Command("copy_map", "Copy map", lambda w: w.copying.map(), "copy", "Ctrl+Alt+M",
            "Copy the chosen map's frame as a picture, in the pixels of the screen", _has_maps),
    Command("copy_view", "Copy source view", lambda w: w.copying.view(), "copy", None,
            "Copy what the source view shows: the picture, the slices or 3D", _has_source),
    Command("theme_system", "Theme: as the system", _theme("system"), "theme", None,
            "Follow the system's light or dark", None, _is_theme("system")),
    Command("theme_dark", "Theme: dark", _theme("dark"), "", None, "Dark",
            None, _is_theme("dark")),
    Command("theme_light", "Theme: light", _theme("light"), "", None, "Light",
            None, _is_theme("light")),
    Command("left", "Left panels", lambda w: w.arranging.toggle_side("left"), "", "Ctrl+1",
            "Source, Encode, Contrast", None, lambda w: w.arranging.side_shown("left")),
    Command("right", "Right panels", lambda w: w.arranging.toggle_side("right"), "", "Ctrl+2",
            "Filters, Convolve, Microscope", None, lambda w: w.arranging.side_shown("right")),
    Command("unlock", "Move panels", lambda w: w.arranging.toggle_lock(), "", None,
            "Give panels titles to drag: beside each other, as tabs, as windows of their own",
            None, lambda w: w.arranging.unlocked()),
    Command("reset_layout", "Reset layout", lambda w: w.arranging.reset(), "", None,
            "Put every panel back where it stood at first"),
    Command("space", "3D view", lambda w: w.arranging.toggle_space(), "space", "D",
            "Show scan, clip, map or skeleton in space", _has_source,
            lambda w: w.arranging.in_space(), plain_key=True),
    Command("slices", "Three slices", lambda w: w.arranging.toggle_slices(), "slices", "X",
            "Show a volume as three linked slices through one place", _has_depth,
            lambda w: w.arranging.in_slices(), plain_key=True),
    Command("map_over", "Map over clip", lambda w: w.toggle("map_over"), "over", "O",
            "Lay the chosen map over the clip, each voxel where its window is centered", _has_maps,
            lambda w: w.session.map_over, plain_key=True),
    Command("heat_over", "Heat over clip", lambda w: w.toggle("heat_over"), "", None,
            "Lay Grad-CAM or occlusion over the clip that it was made of", _has_heat,
            lambda w: w.session.heat_over),
    Command("radiological", "Radiological sides", lambda w: w.arranging.toggle_sides(), "", None,
            "The patient's left on the right, as radiologists hang pictures", None,
            lambda w: w.session.radiological),
    Command("batch", "Batch …", lambda w: w.tensors.show_batch(), "montage", "Ctrl+Shift+B",
            "Put open sources side by side as (N, T, H, W, C), with their mask", _has_source),
    Command("recurrent", "Recurrent networks …", lambda w: w.tensors.show_steps(), "train", None,
            "What a time step is to LSTM and ConvLSTM2D, what each costs, and one of them fitted"),
    Command("explain", "Grad-CAM and occlusion …", lambda w: w.tensors.show_explain(), "over", None,
            "Where in the clip a model's answer comes from, for any of its classes", _has_clip),
    Command("stills", "A still three ways …", lambda w: w.tensors.show_stills(), "picture", None,
            "Replicas, random transforms and true frames on one clock", _has_source),
    Command("lab", "Resampling lab", lambda w: w.arranging.toggle_lab(), "lab", "R",
            "Nearest, linear and cubic side by side, before, after and difference", _has_source,
            lambda w: w.arranging.in_lab(), plain_key=True),
    Command("bones", "Skeleton over pictures", lambda w: w.toggle("bones"), "skeleton", "F",
            "Draw bones and joints over the clip, and over a film of as many frames",
            _has_joints, lambda w: w.session.bones, plain_key=True),
    Command("joint", "Joint over time", lambda w: w.joint_panel.reveal(), "histogram", "Shift+J",
            "One joint's coordinates and heatmap value over time, with its gaps",
            _shows_joints, plain_key=True),
    Command("bridge", "Draw through short gaps", lambda w: w.toggle("bridge"), "", None,
            "Straight lines where joints are missing for up to 10 frames; for drawing only",
            _has_joints, lambda w: w.session.bridge),
    Command("full_screen", "Full screen", lambda w: w.arranging.toggle_full_screen(), "maximize",
            Standard.FullScreen, "Esc leaves", None, lambda w: w.isFullScreen()),
    Command("play", "Play or pause", lambda w: w.tools.play_or_pause(), "play", "Space",
            "Run the clock, or the kernel in slow motion", _has_clip,
            lambda w: w.session.playing, plain_key=True),
    Command("forward", "One frame forward", lambda w: w.player.step(1), "forward", "Right",
            "", _has_clip, plain_key=True),
    Command("back", "One frame back", lambda w: w.player.step(-1), "back", "Left",
            "", _has_clip, plain_key=True),
    Command("forward10", "Ten frames forward", lambda w: w.player.step(10), "forward10",
            "Shift+Right", "", _has_clip, plain_key=True),
    Command("back10", "Ten frames back", lambda w: w.player.step(-10), "back10", "Shift+Left",
            "", _has_clip, plain_key=True),
    Command("first", "First frame", lambda w: w.player.first(), "first", "Home",
            "", _has_clip, plain_key=True),
    Command("last", "Last frame", lambda w: w.player.last(), "last", "End",
            "", _has_clip, plain_key=True),
    Command("play_back", "Play backward", lambda w: w.player.shuttle(-1), "", "J",
            "Again: twice as fast", _has_clip, plain_key=True),
    Command("pause", "Pause", lambda w: w.player.shuttle(0), "pause", "K",
            "Stop, and back to the rate itself", _has_clip, plain_key=True),
    Command("play_on", "Play forward", lambda w: w.player.shuttle(1), "", "L",
            "Again: twice as fast", _has_clip, plain_key=True),
    Command("slower", "Slower", lambda w: w.player.pace(0.5), "", "[",
            "Half as fast; the rate of an export stays", _has_clip, plain_key=True),
    Command("faster", "Faster", lambda w: w.player.pace(2), "", "]",
            "Twice as fast; the rate of an export stays", _has_clip, plain_key=True),
    Command("loop", "Loop", lambda w: w.toggle("loop"), "loop", "G",
            "Begin again at the end", None, lambda w: w.session.loop, plain_key=True),
    Command("ping_pong", "To and fro", lambda w: w.toggle("ping_pong"), "pingpong", "Shift+G",
            "Turn round at the ends instead of beginning again", None,
            lambda w: w.session.ping_pong, plain_key=True),
    Command("range_a", "Range from here (A)", lambda w: w.set_range(0), "range", "A",
            "The range bounds playing and exports", _has_clip, plain_key=True),
    Command("range_b", "Range to here (B)", lambda w: w.set_range(1), "range", "B",
            "The range bounds playing and exports", _has_clip, plain_key=True),
    Command("range_clear", "Clear range", lambda w: w.choose("export", range=None), "", None,
            "Play and export all frames", lambda w: w.session.export.range is not None),
    Command("new_seed", "New random filters", lambda w: w.new_seed(), "seed", "Ctrl+R",
            "Draw random filters with the next seed"),
    Command("open_model", "Filters of a model …", lambda w: w.asking.model(), "model",
            "Ctrl+M", "Read a Conv3D layer's kernels from a .keras or .h5 file"),
    Command("fit", "Resize clip to fit the model", lambda w: w.filters_panel.fit_line.fit(), "fit",
            None, "Encode the clip so that the chosen model can take it",
            lambda w: w.session.fit is not None),
    Command("train", "Train filters …", lambda w: w.train_panel.reveal(), "train", "Ctrl+T",
            "Let a small network learn its first kernels from clips"),
    Command("train_run", "Start or stop training", lambda w: w.train_panel.start_or_stop(), "",
            "Ctrl+Shift+T", "Stopping keeps what was learned", _can_train,
            lambda w: w.session.lesson is not None and w.session.lesson.running),
    Command("waves_model", "Trained filters", lambda w: w.pipeline.choose_model(WAVES), "",
            None, "Filters that learned to tell moving waves apart"),
    Command("random_filters", "Random filters", lambda w: w.tools.choose_source("random"), "", None,
            "Weights drawn by one of Keras' initializers", None, _is_source("random")),
    Command("preset_filters", "Preset filters", lambda w: w.tools.choose_source("preset"), "", None,
            "Filters that people know: motion, edges, blur", None, _is_source("preset")),
    Command("kernel", "Kernel", lambda w: w.tools.kernel.reveal(), "kernel", "T",
            "Show and change the chosen filter's taps", _has_bank, plain_key=True),
    Command("slow_motion", "Slow motion", lambda w: w.tools.toggle_walk(), "microscope", "S",
            "Let the kernel walk over the clip, voxel by voxel", _can_walk,
            lambda w: w.session.walk is not None, plain_key=True),
    Command("bench", "Filter bench …", lambda w: w.tools.open_bench(), "histogram", "Ctrl+B",
            "Show moving bars, gratings and flicker to every filter", _has_bank),
    Command("compare_banks", "Compare filters", lambda w: w.tools.compare(), "compare", "C",
            "Random, preset and model filters side by side on one clock", _has_bank,
            lambda w: bool(w.session.pinned), plain_key=True),
    Command("pin", "Pin these filters", lambda w: w.tools.pin(), "pin", "P",
            "Keep these filters on the wall beside whatever is chosen next", _can_pin,
            plain_key=True),
    Command("run", "Run", lambda w: w.pipeline.run(), "run", "F5",
            "Convolve the clip with the filters", _has_source),
    Command("live", "Live", lambda w: w.toggle("live"), "live", "Ctrl+L",
            "Convolve again whenever something changes", None, lambda w: w.session.live),
    Command("cancel", "Cancel what runs", lambda w: w.pipeline.cancel(), "stop", "Ctrl+.",
            "Stop every running job", lambda w: not w.program.jobs.idle),
    Command("engine_handwritten", "Engine: handwritten", _engine("handwritten"), "", None,
            "The convolution written out in this project", None, _is_engine("handwritten")),
    Command("engine_keras", "Engine: Keras", _engine("keras"), "", None,
            "A Keras Conv3D layer", _keras_there, _is_engine("keras")),
    Command("engine_both", "Engine: both, compared", _engine("both"), "compare", None,
            "Both, and how far they differ", _keras_there, _is_engine("both")),
    Command("palette", "Search commands", lambda w: w.helping.palette(), "search", "Ctrl+Shift+P",
            "Find a command by its words"),
    Command("keys", "Keys", lambda w: w.helping.keys(), "keys", "?",
            "Every command and its key", plain_key=True),
    Command("log", "Log", lambda w: w.helping.log(), "log", None,
            "What happened, line by line"),
    Command("diagnostics", "Copy diagnostics", lambda w: w.helping.copy_diagnostics(), "copy", None,
            "Versions, machine and the last lines of the log, for who helps you"),
    Command("about", "About voxviewer", lambda w: w.helping.about(), "info", None,
            "Versions of what is at work"),
)  # fmt: skip

MENUS: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("&File", ("open", "open_folder", "samples", "recent", "paste", None, "close_source", None,
               "export_gif", "save_tensor", "save_maps", "batch", None, "quit")),
    ("&Edit", ("undo", "redo", None, "copy_python", "copy_value", None, "copy_frame",
               "copy_map", "copy_view")),
    ("&View", ("theme_system", "theme_dark", "theme_light", None, "left", "right", "unlock",
               "reset_layout", None, "space", "slices", "radiological", "lab", "stills",
               "recurrent", "explain", None, "map_over", "heat_over", "bones", "bridge", "joint",
               None, "full_screen")),
    ("&Time", ("play", None, "back", "forward", "back10", "forward10", "first", "last", None,
               "play_back", "pause", "play_on", "slower", "faster", None, "loop", "ping_pong",
               "range_a", "range_b", "range_clear")),
    ("Fil&ters", ("random_filters", "preset_filters", "waves_model", "open_model", "fit", None,
                  "new_seed", None, "train", "train_run", None, "kernel", "bench", "slow_motion",
                  None, "pin", "compare_banks")),
    ("&Run", ("run", "live", "cancel", None, "engine_handwritten", "engine_keras", "engine_both")),
    ("&Help", ("palette", "keys", None, "log", "diagnostics", None, "about")),
)  # fmt: skip


def _keys_of(shortcut: str | QKeySequence.StandardKey) -> QKeySequence:
    """The system's own key; where a bare desktop has none for it, the usual one."""
    keys = QKeySequence(shortcut)
    if keys.isEmpty() and isinstance(shortcut, QKeySequence.StandardKey):
        return QKeySequence(USUAL.get(shortcut, ""))
    return keys


class Actions:
    """The rows as QActions of a window, kept enabled and checked as the session says."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._actions = {row.key: self._action(row) for row in COMMANDS}
        self.refresh()

    def __getitem__(self, key: str) -> QAction:
        return self._actions[key]

    def refresh(self, *keys: str) -> None:
        """Ask the rows again whether they are enabled and checked: all, or those that are named."""
        for row in COMMANDS:
            if keys and row.key not in keys:
                continue
            action = self._actions[row.key]
            action.setEnabled(row.enabled is None or bool(row.enabled(self._window)))
            if row.checked is not None:
                action.setChecked(bool(row.checked(self._window)))

    def plain_keys(self) -> dict[QKeySequence, QAction]:
        """Return the keys that are for the window only where no field wants them."""
        return {
            QKeySequence(row.shortcut): self._actions[row.key]
            for row in COMMANDS
            if row.plain_key and row.shortcut
        }

    def fill(self, bar: QMenuBar, special: dict[str, Callable[[QMenu], None]]) -> None:
        """Build the menus of the table; `special` entries fill a submenu of their own."""
        for title, keys in MENUS:
            menu = bar.addMenu(title)
            for key in keys:
                if key is None:
                    menu.addSeparator()
                elif key in special:
                    special[key](menu)
                else:
                    menu.addAction(self._actions[key])

    def _action(self, row: Command) -> QAction:
        action = QAction(row.text, self._window)
        action.setObjectName(row.key)
        if row.icon:
            action.setIcon(icon(row.icon))
            action.setIconVisibleInMenu(True)
        if row.shortcut:
            action.setShortcut(_keys_of(row.shortcut))
        if row.plain_key:
            # Shown in the menu, but heard only by `MainWindow.keyPressEvent`.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setCheckable(row.checked is not None)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        tip = row.tip or row.text
        action.setToolTip(f"{tip} ({keys})" if keys else tip)
        action.setStatusTip(tip)
        action.triggered.connect(lambda _=False: self._trigger(row))
        if not row.plain_key:
            self._window.addAction(action)
        return action

    def _trigger(self, row: Command) -> None:
        row.run(self._window)
        self.refresh()
