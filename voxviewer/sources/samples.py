"""Samples that need no network: a waving hand, its skeleton, two walkers, a phantom, a brain scan.

They are opened by paths of the form "sample:waving-hand". Four are made by the program, the same
in every run; the scan lies inside the installed nibabel package.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.data import Facts, Skeleton, Volume, frozen
from voxviewer.files import SourceError
from voxviewer.sources import hand_pose
from voxviewer.sources.hand import SEED
from voxviewer.sources.hand_cache import kept_hand
from voxviewer.sources.phantom import phantom
from voxviewer.sources.skeletons.recording import Recording, even_times, skeleton
from voxviewer.sources.skeletons.topologies import topology

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from voxviewer.sources.boundary import Request

PREFIX = "sample:"
MADE = f"sample, made by the program, seed {SEED}"
WAVE_SECONDS = 16 / 12
"""One wave: 16 frames at 12 per second."""
SCAN = ("tests", "data", "example4d.nii.gz")


@dataclass(frozen=True)
class Sample:
    """A row of `SAMPLES`: opened as "sample:" + `key`; `title` and `caption` are for its card.

    `card` : it stands on the welcome screen; the others are in the menu
    """

    key: str
    title: str
    caption: str
    open: Callable[[Request], Volume | Skeleton]
    card: bool = True

    @property
    def path(self) -> str:
        """The path that opens it."""
        return PREFIX + self.key


def _times(frames: int) -> Any:
    return frozen(np.arange(frames) * (WAVE_SECONDS / frames))


def _waving_hand(request: Request) -> Volume:
    frames = kept_hand()
    facts = Facts(
        format=MADE,
        description="color video",
        stored_shape=frames.shape,
        stored_axes="THWC",
        stored_dtype="uint8",
        nbytes=frames.nbytes,
    )
    return Volume(
        frozen(frames[:, None]), facts, request.opening, "waving-hand", times=_times(len(frames))
    )


def _waving_skeleton(request: Request) -> Skeleton:
    joints = frozen(hand_pose.joints(30)[:, None])
    facts = Facts(
        format=MADE,
        description="skeleton",
        stored_shape=(30, 20, 3),
        stored_axes="TJX",
        stored_dtype="float32",
        nbytes=joints.nbytes,
    )
    return Skeleton(
        joints=joints,
        score=frozen(np.ones(joints.shape[:3], np.float32)),
        topology=topology("sample-hand"),
        facts=facts,
        opening=request.opening,
        name="waving-skeleton",
        unit="unit",
        up="y-",
        times=_times(30),
    )


def _two_walkers(request: Request) -> Skeleton:
    from voxviewer.sources.walkers import RATE, walkers

    joints = walkers()
    recording = Recording(
        joints=joints,
        topology=topology("coco-17"),
        format=MADE,
        stored_shape=joints.shape,
        stored_axes="TPJX",
        stored_dtype="float32",
        unit="m",
        up="y+",
        times=even_times(len(joints), RATE),
    )
    return replace(skeleton(recording, request), name="two-walkers")


def _phantom(request: Request) -> Volume:
    stored = phantom()
    voxels: NDArray[np.float32] = np.moveaxis(stored, -1, 0)[None, ..., None]
    facts = Facts(
        format=MADE,
        description="3D scan",
        stored_shape=stored.shape,
        stored_axes="HWD",
        stored_dtype="float32",
        nbytes=stored.nbytes,
    )
    return Volume(frozen(voxels), facts, request.opening, "phantom")


def _brain(request: Request) -> Volume:
    """The first of the scan's two time points; the file has its slices along k, bottom to top."""
    from voxviewer.sources.nifti import read_nifti

    path = _scan_path()
    if not path.is_file():
        raise SourceError(
            request.opening.path,
            "the brain scan is not inside the installed nibabel package",
            "Install nibabel from its wheel, or open a scan of your own",
        )
    scan = read_nifti(replace(request, path=path))
    facts = replace(
        scan.facts,
        format=f"sample from nibabel, {scan.facts.format}",
        description="3D scan",
        nbytes=scan.facts.nbytes // scan.voxels.shape[0],
        decisions=(*scan.facts.decisions, "the first of two time points"),
    )
    voxels = scan.voxels.at_time(0)  # type: ignore[attr-defined]
    return replace(scan, voxels=voxels, facts=facts, name="brain", times=None)


def _scan_path() -> Path:
    """Where nibabel lies, found without importing it."""
    from importlib.util import find_spec

    spec = find_spec("nibabel")
    return Path(spec.origin or "").parent.joinpath(*SCAN) if spec else Path(*SCAN)


SAMPLES: tuple[Sample, ...] = (
    Sample("waving-hand", "Waving hand", "16 color frames, 256 × 256", _waving_hand),
    Sample("waving-skeleton", "Waving skeleton", "30 frames, 20 joints, 3D", _waving_skeleton),
    Sample(
        "two-walkers", "Two walkers", "60 frames, 2 persons, with gaps", _two_walkers, card=False
    ),
    Sample("phantom", "Phantom volume", "64 × 64 × 30, no symmetry", _phantom),
    Sample("brain", "Brain scan", "128 × 96 × 24, 2 × 2 × 2.2 mm", _brain),
)


def is_sample(path: str) -> bool:
    """True for paths of the form "sample:..."."""
    return path.startswith(PREFIX)


def read_sample(request: Request) -> Volume | Skeleton:
    """Open a sample by its path."""
    key = request.opening.path.removeprefix(PREFIX)
    for sample in SAMPLES:
        if sample.key == key:
            return sample.open(request)
    known = ", ".join(sample.path for sample in SAMPLES)
    raise SourceError(request.opening.path, "is not one of the samples", f"There are {known}")
