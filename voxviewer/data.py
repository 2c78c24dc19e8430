"""The nouns that travel on the street: what is read, what Keras is fed, what comes back.

Every noun is a frozen dataclass that compares by identity (an array has no truth value), and every
array in one is read-only, so that any thread may hold it. Axis letters, everywhere in the project:
N batch, T time, D depth, H height (rows, downwards), W width (columns, to the right), C channels,
J joints, P persons, F filters. Array axes are never called x, y, z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from voxviewer.settings import ConvolutionSettings, EncodingSettings, Opening

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]

Progress: TypeAlias = Callable[[float, str], None]
"""Called by long work with (share done in 0..1, what is being done); raises to stop the work."""


class Cancelled(Exception):
    """The person stopped this work: not an error, nothing to report, nothing to try again.

    Boundaries that turn every exception into their own let one that `passes_boundary` through.
    """

    passes_boundary = True


def no_progress(fraction: float, text: str) -> None:
    """The progress of work that nobody watches."""


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view of the array; what it is a view of stays as writable as it was."""
    view = array.view()
    view.flags.writeable = False
    return view


@runtime_checkable
class Voxels(Protocol):
    """An array that may still lie on disk: shape, dtype, basic indexing, safe from any thread."""

    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102

    def __getitem__(self, index: Any) -> NDArray[Any]: ...


@dataclass(frozen=True)
class Alternative:
    """One of several things in a file, a folder or an archive that can be shown: how to open it.

    Attributes
    ----------
    opening : opens it, in the place of the one that is shown
    label : what to call it, in the file's own words: "vol", "series 3, T1 axial", "person 2"
    shape : as stored; empty where that is not known before it is read
    detail : what else tells them apart, in a few words: "int16", "CT, 2.5 mm", "34 frames"
    problem : why it cannot be shown, as what follows its name; empty where it can
    shown : True for the one that was opened
    """

    opening: Opening
    label: str
    shape: tuple[int, ...] = ()
    detail: str = ""
    problem: str = ""
    shown: bool = False


@dataclass(frozen=True)
class Facts:
    """What a reader found in a file and what it decided, in words for a person.

    Attributes
    ----------
    format : "NIfTI-1, gzip", "NumPy array", "GIF, 20 frames" ...
    description : the kind in the field's words: "3D scan", "color video", "picture", "skeleton"
    stored_shape, stored_axes : as in the file, before any axis was moved; letters as in this
        module's docstring, one per axis, "ijk" order kept: array axes (i, j, k) are "HWD"
    stored_dtype : the file's own dtype name, "int16"
    nbytes : bytes of the values once they are in memory
    lazy : True where the values still lie on disk
    decisions : one sentence each: "axes guessed as H, W, D", "slope 0.5 applied"
    warnings : one sentence each, what a person should know before trusting the picture
    alternatives : all that the file holds, in its own order, the one that is shown too (its
        `opening` names it, also where the default was taken); empty where there is only one
    window : (center, width) of the file's own display window, or None
    """

    format: str
    description: str
    stored_shape: tuple[int, ...]
    stored_axes: str
    stored_dtype: str
    nbytes: int
    lazy: bool = False
    decisions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    window: tuple[float, float] | None = None


POINT_CLOUD = "point cloud"
"""The `description` of points that were put on a grid."""


@dataclass(frozen=True, eq=False)
class Volume:
    """Anything sampled on a grid: a scan, a 4D series, a video (D = 1), a picture (T = D = 1).

    Attributes
    ----------
    voxels : (T, D, H, W, C), an array or lazy `Voxels`; values after the file's own slope and
        intercept, native byte order. File axes (i, j, k) are (H, W, D): stored order is kept.
    facts : what the reader found and decided
    opening : where it came from and how it was opened; opening that again gives the same noun
    name : short name for people, without the folder
    affine : (4, 4) float64, index (H, W, D) to world millimeters, RAS+; None where unknown
    spacing : millimeters for D, H, W; None where unknown
    times : (T,) seconds of each frame; None where unknown
    """

    voxels: Voxels
    facts: Facts
    opening: Opening
    name: str
    affine: Float64 | None = None
    spacing: tuple[float, float, float] | None = None
    times: Float64 | None = None

    @property
    def path(self) -> str:
        """Where it came from, as it was given."""
        return self.opening.path

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(T, D, H, W, C)."""
        T, D, H, W, C = self.voxels.shape
        return T, D, H, W, C

    @property
    def is_cloud(self) -> bool:
        """True for points on a grid: their directions are x, y, z and not those of a patient."""
        return self.facts.description == POINT_CLOUD


@dataclass(frozen=True)
class Topology:
    """Which joint is which and which pairs are bones: `names` (J,), `bones` pairs of indices."""

    names: tuple[str, ...]
    bones: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Moving named points.

    Attributes
    ----------
    joints : (T, P, J, 3) float32, x, y, z in `unit`; z = 0 for 2D data; NaN = not seen
    score : (T, P, J) float32 in 0..1, how sure the recording is
    topology : joint names and bones
    unit : "px", "m", "cm", "mm", "normalized" ([0, 1] of the image), "unit" ([-1, 1]) or "unknown"
    up : "y+", "y-" (pictures and plain arrays) or "z+"
    times : (T,) seconds, or None
    frame_size : (H, W) of the picture the joints were found in, or None
    film_places : (T, P, J, 2) float32, where joints in meters lie in the pictures of their own
        camera, in shares of width and height, y down; NaN = not known; None where no file says it
    as_read : the recording before the corrections of `opening` (person, unit, up, rate); None where
        nothing is corrected
    """

    joints: Float32
    score: Float32
    topology: Topology
    facts: Facts
    opening: Opening
    name: str
    unit: str = "unit"
    up: str = "y-"
    times: Float64 | None = None
    frame_size: tuple[int, int] | None = None
    film_places: Float32 | None = None
    as_read: Skeleton | None = None

    @property
    def path(self) -> str:
        """Where it came from, as it was given."""
        return self.opening.path

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(T, P, J, 3)."""
        T, P, J, X = self.joints.shape
        return T, P, J, X

    def plane(self, chosen: str) -> str:
        """The plane that is drawn: "auto" is the one in which the figure stands upright.

        It is also what a turntable's camera sees before it moves.
        """
        if chosen not in ("auto", "turntable"):
            return chosen
        return "xz" if self.up == "z+" else "xy"


Source: TypeAlias = Volume | Skeleton


@dataclass(frozen=True)
class Step:
    """One step of the shape ledger: the tensor after an operation, and the line that does it.

    Attributes
    ----------
    operation : what led here, in a few words ("gray, resize linear"); "" for the first step
    axes : one letter per axis, "THWC"
    shape : the shape after the operation
    dtype : dtype name after the operation
    nbytes : bytes of the result; 0 where it is a view
    changed : True for each axis that the operation changed (or added)
    code : one line of Python that does it, with `import voxviewer as vv`
    """

    operation: str
    axes: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    changed: tuple[bool, ...]
    code: str


@dataclass(frozen=True, eq=False)
class Clip:
    """What Keras is fed, without the batch axis.

    Attributes
    ----------
    data : (T, H, W, C) float32
    real : (T,) bool, False = padding
    frames : (T,) int, which source frame (or slice) each came from, the nearest where blended;
        -1 = none
    channels : a name for each channel: ("gray",), ("red", "green", "blue"), joint names
    name : the source's name
    settings : what was chosen to make it
    times : (T,) seconds, or None
    steps : the shape ledger from the source to this clip
    warnings : one sentence each, what a person should know: "3 values were NaN ... and became 0"
    affine : (4, 4) float64, index (H, W, T) of the clip to world millimeters, RAS+, after any
        resampling; where T is real time the third index is depth, 0 the plane that was taken; None
        where the source has none
    spacing : millimeters for T, H, W, after any resampling; where T is real time the first is that
        of depth; None where the source has none
    """

    data: Float32
    real: NDArray[np.bool_]
    frames: NDArray[np.int64]
    channels: tuple[str, ...]
    name: str
    settings: EncodingSettings
    times: Float64 | None = None
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    affine: Float64 | None = None
    spacing: tuple[float, float, float] | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(T, H, W, C)."""
        T, H, W, C = self.data.shape
        return T, H, W, C


@dataclass(frozen=True, eq=False)
class Batch:
    """Clips of one shape: `data` (N, T, H, W, C) float32, `real` (N, T) bool, `names` (N,).

    Where all items are one clip, `data` is a broadcast view and takes no memory.
    """

    data: Float32
    real: NDArray[np.bool_]
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FilterBank:
    """The filters of one Conv3D layer.

    Attributes
    ----------
    kernels : (kT, kH, kW, C, F) float32, Keras' own layout
    bias : (F,) float32
    activation : "linear", "relu", "sigmoid", "tanh", "elu", "selu", "softplus", "gelu", ...
    origin : "random, glorot_uniform, seed 7", "model.keras / conv3d_1"
    names : a name for each filter, empty where they have none
    """

    kernels: Float32
    bias: Float32
    activation: str
    origin: str
    names: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """F, the number of filters."""
        return int(self.kernels.shape[-1])

    @property
    def size(self) -> tuple[int, int, int]:
        """(kT, kH, kW)."""
        kT, kH, kW = self.kernels.shape[:3]
        return kT, kH, kW


@dataclass(frozen=True)
class Network:
    """Which layer of which model made maps, of the whole network and not of its kernels alone.

    `note` is one sentence where its values have no place in the clip along an axis, else "".
    """

    model: str
    layer: str
    class_name: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """What a bank, or a network up to one of its layers, makes of a clip.

    Attributes
    ----------
    data : (T', H', W', F) float32
    clip, bank, settings : what they were made of; bank is None for maps of deep layers
    engine : "handwritten" or "keras"
    seconds : how long the engine took, without start-up
    receptive_field, stride, offset : per axis T, H, W, in clip voxels. Map voxel u is centered on
        clip position `offset + u * stride` (half a voxel for even kernels).
    limits : (F,) float32, the largest |value| of each map over all frames
    energy : (T', F) float64, mean square of each map in each frame
    sparsity : (F,) float32, share of exact zeros
    network : of maps of deep layers, else None
    made_with : "keras", "tensorflow", "onednn", "threads", "seed" where Keras made them
    names : of maps that are some of all: what they are called among all; else ()
    """

    data: Float32
    clip: Clip
    bank: FilterBank | None
    settings: ConvolutionSettings
    engine: str
    seconds: float
    receptive_field: tuple[int, int, int]
    stride: tuple[float, float, float]
    offset: tuple[float, float, float]
    limits: Float32
    energy: Float64
    sparsity: Float32
    network: Network | None = None
    made_with: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(T', H', W', F)."""
        T, H, W, F = self.data.shape
        return T, H, W, F

    def name(self, index: int) -> str:
        """The filter's name, or "filter 3" where it has none."""
        names = self.names or (self.bank.names if self.bank is not None else ())
        return names[index] if index < len(names) else f"filter {index}"

    def clip_frame(self, map_frame: int) -> int:
        """The clip frame at the center of this map frame's window."""
        center = self.offset[0] + map_frame * self.stride[0]
        return int(min(max(np.floor(center + 0.5), 0), self.clip.data.shape[0] - 1))

    def map_frame(self, clip_frame: int) -> int | None:
        """The map frame whose window is centered on this clip frame; None where there is none."""
        if self.network is not None and self.data.shape[0] == 1:
            return 0  # a value of the whole clip belongs to every frame
        nearest = int(np.floor((clip_frame - self.offset[0]) / self.stride[0] + 0.5))
        # A window of even length is centered between two frames: the one before may be meant.
        for index in (nearest, nearest - 1):
            if 0 <= index < self.data.shape[0] and self.clip_frame(index) == clip_frame:
                return index
        return None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two engines on the same clip and bank, and a third opinion.

    Attributes
    ----------
    handwritten, keras : the two results
    max_difference : max |a - b| / max sum |x||w|, the measure of both engines' rounding
    place : (t, h, w, f) of the largest difference
    sampled : (S, 4) int, the voxels that were computed again in float64
    exact : (S,) float64, their values
    handwritten_error, keras_error : largest error at those voxels, in the same measure
    """

    handwritten: FeatureMaps
    keras: FeatureMaps
    max_difference: float
    place: tuple[int, int, int, int]
    sampled: NDArray[np.int64] = field(repr=False)
    exact: Float64 = field(repr=False)
    handwritten_error: float = 0.0
    keras_error: float = 0.0

    TOLERANCE = 1e-6
    """Above this the engines differ: rounding is a few 1e-7 in this measure, an error is not."""

    @property
    def agree(self) -> bool:
        """True where the difference is rounding and nothing else."""
        return bool(self.max_difference <= self.TOLERANCE)

    @property
    def errs(self) -> str:
        """Which engine is wrong: "none", "handwritten", "keras" or "both"."""
        ours = not self.handwritten_error <= self.TOLERANCE
        theirs = not self.keras_error <= self.TOLERANCE
        if ours and theirs:
            return "both"
        return "handwritten" if ours else "keras" if theirs else "none"
