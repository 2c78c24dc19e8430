"""voxviewer: see data become the tensor a Keras Conv3D is fed, and what its filters make of it.

The house, from the street to the roof (docs/architecture.md has the whole of it):

    file -> Source -> Clip -> FeatureMaps -> pixels -> screen, GIF, file
              open    encode   convolve      render

- `data`, `settings`: the nouns that travel, and what a user can choose
- `files`, `workers`: disk and memory; a child process that answers requests
- `sources`, `encoding`, `convolution`, `networks`, `space`, `render`: the rooms, one per step
- `export`: pixels and arrays become files
- `learning`: small networks trained on clips; their first kernels become filters
- `flow`: the street walked once, without state; `recipe`: choices as JSON and as Python
- `session`, `jobs`, `pipeline`: what is true now, what is running, what follows from what
- `gui`: the window; `cli`: the terminal

The public names load on first use, so that `import voxviewer` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "open": "voxviewer.sources",
    "encode": "voxviewer.encoding",
    "resample": "voxviewer.encoding",
    "joint_heatmaps": "voxviewer.encoding",
    "batch": "voxviewer.encoding",
    "lint": "voxviewer.encoding",
    "picked_frames": "voxviewer.encoding",
    "with_shared_statistics": "voxviewer.encoding",
    "random_filters": "voxviewer.convolution",
    "preset_filters": "voxviewer.convolution",
    "adapted": "voxviewer.convolution",
    "conv3d": "voxviewer.convolution",
    "model_filters": "voxviewer.flow",
    "convolve": "voxviewer.flow",
    "compare": "voxviewer.flow",
    "run_model": "voxviewer.flow",
    "grad_cam": "voxviewer.networks.explaining",
    "occlusion": "voxviewer.networks.explaining",
    "fit_recurrent": "voxviewer.networks.recurrent",
    "hidden_states": "voxviewer.networks.recurrent",
    "save_recurrent": "voxviewer.networks.recurrent",
    "recurrent_forms": "voxviewer.networks.forms",
    "recurrent_maps": "voxviewer.network_maps",
    "heat_maps": "voxviewer.network_maps",
    "train": "voxviewer.learning",
    "save_gif": "voxviewer.export",
    "save_tensor": "voxviewer.export",
    "Volume": "voxviewer.data",
    "Skeleton": "voxviewer.data",
    "Clip": "voxviewer.data",
    "Batch": "voxviewer.data",
    "FilterBank": "voxviewer.data",
    "FeatureMaps": "voxviewer.data",
    "Comparison": "voxviewer.data",
    "EncodingSettings": "voxviewer.settings",
    "FilterSettings": "voxviewer.settings",
    "ConvolutionSettings": "voxviewer.settings",
    "RenderSettings": "voxviewer.settings",
    "ExportSettings": "voxviewer.settings",
    "RecurrentSettings": "voxviewer.settings",
    "TrainingSettings": "voxviewer.settings",
    "SourceError": "voxviewer.files",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name from the room it lives in."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'voxviewer' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_PUBLIC))
