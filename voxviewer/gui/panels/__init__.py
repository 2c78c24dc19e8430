"""The docks' panels: they show the session, change what was chosen, and do not know each other.

Left: `source`, `axes_panel`, `encode_panel`, `contrast`. Right: `filters`, `convolve_panel`,
`microscope`, `joint_panel`. A panel takes the session, the history and the pipeline, and holds no
state of its own. Painted by hand, because the data are in them: `histogram`, `kernels`; of the
microscope `voxel`, `grids`, `curve`. `fields` and `role_field` are parts made of two; `facts` says
what a source is, `import_card` how a skeleton was read; `words` writes numbers the one way the
panels write them.

The classes load on first use: the window makes them one by one, in turns of the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.lazy import names_from

if TYPE_CHECKING:
    from voxviewer.gui.panels.axes_panel import AxesPanel
    from voxviewer.gui.panels.contrast import ContrastPanel
    from voxviewer.gui.panels.convolve_panel import ConvolvePanel
    from voxviewer.gui.panels.encode_panel import EncodePanel
    from voxviewer.gui.panels.filters import FiltersPanel
    from voxviewer.gui.panels.joint_panel import JointPanel
    from voxviewer.gui.panels.microscope import MicroscopePanel
    from voxviewer.gui.panels.source import SourcePanel

_HOME = {
    "AxesPanel": "axes_panel",
    "ContrastPanel": "contrast",
    "ConvolvePanel": "convolve_panel",
    "EncodePanel": "encode_panel",
    "FiltersPanel": "filters",
    "JointPanel": "joint_panel",
    "MicroscopePanel": "microscope",
    "SourcePanel": "source",
}

__all__ = [
    "AxesPanel",
    "ContrastPanel",
    "ConvolvePanel",
    "EncodePanel",
    "FiltersPanel",
    "JointPanel",
    "MicroscopePanel",
    "SourcePanel",
]

__getattr__ = names_from(__name__, _HOME)
