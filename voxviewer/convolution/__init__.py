"""Clip x filter bank -> feature maps: the handwritten convolution and all that explains it.

- `handwritten`: `conv3d`, what is accepted, refused and given back
- `reference`: the same as a loop that can be read in a minute, and the float64 referee
- `geometry`: output sizes, padding, centers, windows
- `slabs`: the work cut and shared among threads; `kernels`: the inner loop in Numba, imported late;
  `plain`: the inner loop in NumPy, where there is no Numba; `tuning`: which of them, and warming up
- `filters`: random banks by Keras' rules; `activations`: Keras' activations
- `engine`: clip and bank -> `FeatureMaps`; `measures`: limits, energy and sparsity of maps
- `proof`: two engines held together and against float64
- `microscope`: one voxel of a map taken apart

Cross-correlation throughout, as in Keras; "convolution" flips the kernels first.
"""

from voxviewer.convolution.filters import random_filters
from voxviewer.convolution.handwritten import conv3d

__all__ = ["conv3d", "random_filters"]
