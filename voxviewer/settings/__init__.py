"""What a user can choose: frozen plain values, equal by value, hashable.

Because choices are values, undo, recipes, "Copy as Python", caches, the command line and tests come
nearly free. None means "as the source is" and resolves anew for each source. A wrong value raises
`ValueError` with one sentence.

`opening`, `encoding`, `filters`, `running`, `training`, `recurring`, `examples` and `showing` hold
one kind of choice each, `checks` what all of them ask of their values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voxviewer.settings.encoding import (
    CENTERS,
    CHANNELS,
    COMBINES,
    FITS,
    GRIDS,
    LENGTHS,
    NORMALIZATIONS,
    ORDERS,
    PAD_SIDES,
    PERSONS,
    PLANES,
    PSEUDO_DEPTHS,
    REPAIRS,
    ROLES,
    SIGMA_UNITS,
    STATISTICS,
    TIME_AXES,
    EncodingSettings,
)
from voxviewer.settings.examples import (
    LEARNED_FROM,
    ExamplesSettings,
)
from voxviewer.settings.filters import (
    COLORS,
    INITIALIZERS,
    PRESET_NAMES,
    SOURCES,
    FilterSettings,
    Kernels,
)
from voxviewer.settings.opening import (
    CORRECTIONS,
    UNITS,
    UPS,
    Opening,
)
from voxviewer.settings.recurring import (
    FORMS,
    RecurrentSettings,
)
from voxviewer.settings.running import (
    ENGINES,
    MODES,
    PADDINGS,
    ConvolutionSettings,
)
from voxviewer.settings.showing import (
    SCALINGS,
    SORTS,
    ExportSettings,
    RenderSettings,
)
from voxviewer.settings.training import (
    OPTIMIZERS,
    TASKS,
    TrainingSettings,
)

__all__ = [
    "CENTERS",
    "CHANNELS",
    "COLORS",
    "COMBINES",
    "CORRECTIONS",
    "ENGINES",
    "FITS",
    "FORMS",
    "GRIDS",
    "INITIALIZERS",
    "LEARNED_FROM",
    "LENGTHS",
    "MODES",
    "NORMALIZATIONS",
    "OPTIMIZERS",
    "ORDERS",
    "PADDINGS",
    "PAD_SIDES",
    "PERSONS",
    "PLANES",
    "PRESET_NAMES",
    "PSEUDO_DEPTHS",
    "REPAIRS",
    "ROLES",
    "SCALINGS",
    "SIGMA_UNITS",
    "SORTS",
    "SOURCES",
    "STATISTICS",
    "TASKS",
    "TIME_AXES",
    "UNITS",
    "UPS",
    "Choices",
    "ConvolutionSettings",
    "EncodingSettings",
    "ExamplesSettings",
    "ExportSettings",
    "FilterSettings",
    "Kernels",
    "Opening",
    "RecurrentSettings",
    "RenderSettings",
    "TrainingSettings",
]


@dataclass(frozen=True)
class Choices:
    """Everything a person chose: what an undo step and a recipe hold."""

    opening: Opening | None = None
    encoding: EncodingSettings = field(default_factory=EncodingSettings)
    filters: FilterSettings = field(default_factory=FilterSettings)
    convolution: ConvolutionSettings = field(default_factory=ConvolutionSettings)
    render: RenderSettings = field(default_factory=RenderSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    recurrence: RecurrentSettings = field(default_factory=RecurrentSettings)
    examples: ExamplesSettings = field(default_factory=ExamplesSettings)
