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

from voxviewer.lazy import names_from

__version__ = "0.1.0"

_PUBLIC = {
    "open": "sources",
    "encode": "encoding",
    "resample": "encoding",
    "joint_heatmaps": "encoding",
    "batch": "encoding",
    "lint": "encoding",
    "picked_frames": "encoding",
    "with_shared_statistics": "encoding",
    "random_filters": "convolution",
    "preset_filters": "convolution",
    "adapted": "convolution",
    "conv3d": "convolution",
    "explain_voxel": "convolution.microscope",
    "measure_filters": "convolution.bench",
    "model_filters": "flow",
    "model_settings": "flow",
    "convolve": "flow",
    "compare": "flow",
    "run_model": "flow",
    "grad_cam": "networks.explaining",
    "occlusion": "networks.explaining",
    "fit_recurrent": "networks.recurrent",
    "hidden_states": "networks.recurrent",
    "save_recurrent": "networks.recurrent",
    "recurrent_forms": "networks.forms",
    "recurrent_maps": "network_maps",
    "heat_maps": "network_maps",
    "train": "learning",
    "save_gif": "export",
    "save_tensor": "export",
    "Volume": "data",
    "Skeleton": "data",
    "Clip": "data",
    "Batch": "data",
    "FilterBank": "data",
    "FeatureMaps": "data",
    "Comparison": "data",
    "EncodingSettings": "settings",
    "FilterSettings": "settings",
    "ConvolutionSettings": "settings",
    "RenderSettings": "settings",
    "ExportSettings": "settings",
    "RecurrentSettings": "settings",
    "TrainingSettings": "settings",
    "SourceError": "files",
}

__all__ = sorted(_PUBLIC)

__getattr__ = names_from(__name__, _PUBLIC)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_PUBLIC))
