"""What the Train panel says, and the network that it foretells. Knows no Qt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from voxviewer.encoding.to_shape import encoding_for
from voxviewer.gui.panels.words import count, kernel
from voxviewer.networks.training_plan import plan_network
from voxviewer.render.limits import value_range
from voxviewer.settings.training import WHOLE_CLIP

if TYPE_CHECKING:
    from voxviewer.networks.lesson import Epoch, Lesson
    from voxviewer.networks.training_plan import NetworkPlan
    from voxviewer.session import LessonNow, Session
    from voxviewer.settings import EncodingSettings, TrainingSettings

TASKS = (
    ("next-frame", "Next frame"),
    ("autoencoder", "Autoencoder"),
    ("classes", "Classes of folders"),
    ("targets", "Targets of a CSV"),
)
PURPOSES = {
    "next-frame": "Foretells the frame that follows a span of frames.",
    "autoencoder": "Gives a span of frames back, through a narrow place.",
    "classes": "Tells apart the clips of folders that lie in one folder.",
    "targets": "Foretells a number or a word that a CSV file gives each clip.",
}
NO_CLIP = "Open a clip to learn from."
NO_FOLDER = "Choose a folder that holds a folder for each class."
NO_TABLE = "Choose a CSV file with the columns file and target."
SAMPLE = "sample:"
WIDE = 20.0
"""Values beyond this are far from those that first weights are made for: `learning.examples`."""
NO_KERAS = "TensorFlow and Keras are not installed: there is nothing to train with."


def forecast(session: Session) -> tuple[NetworkPlan | None, str]:
    """Return the network as it would be trained now; else None and one sentence why, or ""."""
    settings = session.training
    shape, classes = _examples(session)
    if shape is None:
        return None, ""
    try:
        return plan_network(settings, shape, classes), ""
    except ValueError as error:
        return None, str(error)


def _examples(session: Session) -> tuple[tuple[int, ...] | None, int]:
    """Shape of what the network sees at once, and how many classes; None: not known yet."""
    settings, clip = session.training, session.clip
    if settings.task not in WHOLE_CLIP:
        if clip is None:
            return None, 0
        T, H, W, C = clip.shape
        return (settings.frames_of(T), H, W, C), 0
    lesson = _lesson_of(session)
    if lesson is None:
        return None, 0
    T, H, W, C = lesson.shape
    return (settings.span or T, H, W, C), len(lesson.classes)


def _lesson_of(session: Session) -> Lesson | None:
    """The examples that were looked at for this task."""
    now, settings = session.lesson, session.training
    if now is None or now.lesson is None:
        return None
    same = now.settings.task == settings.task and now.settings.targets == settings.targets
    return now.lesson if same else None


def lacks(session: Session) -> str:
    """Return what is missing before anything can be trained; empty where nothing is."""
    settings = session.training
    if session.keras.state == "missing":
        return NO_KERAS
    if settings.task == "classes":
        return "" if session.examples.folder else NO_FOLDER
    if settings.task == "targets":
        return "" if settings.targets else NO_TABLE
    return "" if session.clip is not None else NO_CLIP


def example_words(session: Session) -> str:
    """Return what is learned from: "36 examples of 1 clip, 9 held out"; else what the task is."""
    lesson = _lesson_of(session)
    if lesson is None:
        return PURPOSES[session.training.task]
    held = f", {lesson.held} held out" if lesson.held else ""
    of = f"{count(lesson.learned, 'example')} of {count(lesson.clips, 'clip')}{held}"
    return f"{of}: {', '.join(lesson.classes)}" if lesson.classes else of


def far_values(session: Session) -> str:
    """Return one sentence where the clip's values are far from what networks learn best from."""
    clip, settings = session.clip, session.training
    if clip is None or settings.task in WHOLE_CLIP or session.encoding.normalize != "none":
        return ""
    low, high = value_range(clip)
    if max(abs(low), abs(high)) <= WIDE:
        return ""
    return f"Values lie in {low:.4g} – {high:.4g}; networks learn best from about 0 to 1."


def remedy(session: Session) -> tuple[str, EncodingSettings] | None:
    """Return a label and an encoding by which the clip is better, or at all, to be learned from."""
    if session.current is None or session.clip is None:
        return None
    settings, encoding = session.training, session.encoding
    if settings.task == "autoencoder":
        factor = 2**settings.layers
        H, W = (max(round(n / factor), 1) * factor for n in session.clip.shape[1:3])
        if (H, W) != session.clip.shape[1:3]:
            fit = encoding_for(session.current, encoding, (None, H, W, None))
            return (f"Resize the clip to {H} × {W}", fit) if fit is not None else None
    if far_values(session):
        return "Normalize the clip to 0 – 1", replace(encoding, normalize="minmax")
    return None


def data_words(session: Session) -> str:
    """Return the name of the folder or the file that is learned from."""
    task = session.training.task
    path = session.examples.folder if task == "classes" else session.training.targets or ""
    nothing = "No folder yet" if task == "classes" else "No file yet"
    if path.startswith(SAMPLE):
        return f"{path.removeprefix(SAMPLE)}, a sample"
    return Path(path).name or path or nothing


def summary(settings: TrainingSettings) -> str:
    """Return "next frame, 8 × 3×3×3": what the folded panel says."""
    return f"{dict(TASKS)[settings.task].lower()}, {settings.count} × {kernel(settings.kernel)}"


def network_words(network: NetworkPlan) -> str:
    """Return "5,598 parameters, mean squared error"."""
    return f"{network.parameters:,} parameters, {network.loss.replace('_', ' ')}"


def fact(now: LessonNow | None) -> str:
    """Return how far a training is, for the title: "epoch 3 of 20"."""
    if now is None or not now.running:
        return ""
    if now.news is None:
        return "beginning"
    return now.news.words.partition(",")[0].lower()


def figures(now: LessonNow | None) -> str:
    """Return the newest figures in words, and those of a guess under them."""
    last = last_epoch(now)
    if now is None or last is None:
        return ""
    metric = now.lesson.network.metric if now.lesson is not None else ""
    baseline = now.lesson.baseline if now.lesson is not None else None
    words = _upper(last.words(metric))
    if baseline is None:
        return words
    return f"{words}\n{_upper(baseline.words)}: {baseline.figure} {baseline.value:.4g}"


def _upper(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def last_epoch(now: LessonNow | None) -> Epoch | None:
    """Return the last whole epoch's figures, else those of the first one that is under way."""
    if now is None:
        return None
    history: tuple[Epoch, ...] = now.training.history if now.training is not None else ()
    news = now.news
    if news is not None and not history:
        history = news.history or (news.now,)
    return history[-1] if history else None
