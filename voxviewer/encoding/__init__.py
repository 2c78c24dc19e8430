"""Sources become clips: the exact tensor that a Keras Conv3D is fed.

    Volume | Skeleton --encode--> Clip (T, H, W, C) --batch--> Batch (N, T, H, W, C)

- `planning`: what will happen, from shapes alone: `plan`, `estimate`, `relevant`; its parts are
  `roles` (which axis becomes T), `ledger` (every step with its line of Python), `footprint` (peak
  bytes)
- `encoder`: the plan, executed: `encode`
- `colors`, `lengths`, `pseudo_depth`, `normalization`: channels, frames, stills, values;
  `shared_statistics`: one normalization for several sources
- `data_lint`: faults of a source that are found before they are trained on (its checks are
  `lint_pictures`, `lint_order` and `lint_joints`); `mending`: what makes them good on the way
- `time_change`: how much change over time a filter gets, a loop's seam, what padding reaches
- `resampling`, `operators`, `nearest_and_linear`: `resample`, SciPy's zoom as small matrices and
  as loops; `sizes`: how large the clip becomes; `to_shape`: choices that make it as large as a
  network wants it; `labels`: what must not be blended
- `heatmaps`, `limbs`, `fitting`: `joint_heatmaps`, and how a recording's coordinates reach them
- `loops`, `compiled`: the inner loops in Numba, and whether they are compiled by now
- `clip_resampling`: a clip that is there already, of another size
- `geometry`: where the clip's voxels lie in millimeters
- `measures`, `heatmap_measures`: what an encoding did to these data, as numbers
- `batching`: `batch`

`plan` decides and `encode` does: whatever the window shows before anything ran comes from `plan`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.lazy import names_from

if TYPE_CHECKING:
    from voxviewer.encoding.batching import batch
    from voxviewer.encoding.data_lint import lint
    from voxviewer.encoding.encoder import encode
    from voxviewer.encoding.heatmaps import joint_heatmaps
    from voxviewer.encoding.labels import looks_like_labels
    from voxviewer.encoding.ledger import batch_step
    from voxviewer.encoding.planning import Plan, estimate, picked_frames, plan, relevant
    from voxviewer.encoding.resampling import resample
    from voxviewer.encoding.shared_statistics import with_shared_statistics

_HOME = {
    "Plan": "planning",
    "batch": "batching",
    "batch_step": "ledger",
    "encode": "encoder",
    "estimate": "planning",
    "joint_heatmaps": "heatmaps",
    "lint": "data_lint",
    "looks_like_labels": "labels",
    "picked_frames": "planning",
    "plan": "planning",
    "relevant": "planning",
    "resample": "resampling",
    "with_shared_statistics": "shared_statistics",
}

__all__ = [
    "Plan",
    "batch",
    "batch_step",
    "encode",
    "estimate",
    "joint_heatmaps",
    "lint",
    "looks_like_labels",
    "picked_frames",
    "plan",
    "relevant",
    "resample",
    "with_shared_statistics",
]

__getattr__ = names_from(__name__, _HOME)
