"""Clip x filter bank -> feature maps: the handwritten convolution and all that explains it.

- `handwritten`: `conv3d`, what is accepted, refused and given back
- `reference`: the same as a loop that can be read in a minute, and the float64 referee
- `geometry`: output sizes, padding, centers, windows
- `slabs`: the work cut and shared among threads; `loops`: one thread's way through it; `reading`,
  `ends`: the clip in place, or copied with zeros round it; `taps`: in which order a kernel's taps
  are summed, and which of them see the clip
- `kernels`: the inner loop in Numba, imported late; `blocks`: its sums in registers, as LLVM code;
  `plain`: the inner loop in NumPy, where there is no Numba; `tuning`: which of them;
  `machine_code`: compiled loops kept, so a later start needs no Numba
- `filters`: random banks by Keras' rules; `presets`, `motion`: banks with names that people know;
  `editing`: taps changed by hand; `channels`: banks for clips of other channels
- `activations`: Keras' activations
- `engine`: clip and bank -> `FeatureMaps`; `pool`: memory of results that are gone, used again;
  `measures`: limits, energy and sparsity of maps
- `proof`: two engines held together and against float64
- `microscope`: one voxel of a map taken apart; `slow_motion`: the readable loop, step by step
- `stimuli`, `bench`: moving bars, gratings and flicker, and what each filter answers

Cross-correlation throughout, as in Keras; "convolution" flips the kernels first.
"""

from voxviewer.convolution.channels import adapted
from voxviewer.convolution.filters import random_filters
from voxviewer.convolution.handwritten import conv3d
from voxviewer.convolution.presets import preset_filters

__all__ = ["adapted", "conv3d", "preset_filters", "random_filters"]
