"""The filter bench: what each filter answers to moving bars, gratings and flicker.

`window` measures in a job and holds the parts; `sheet` shows all tuning curves, painted by
`drawing` from what `curves` takes out of the measurement; `stimulus` plays what is shown to the
chosen filter, and its answer, on a clock of its own.
"""

from voxviewer.gui.bench.window import BenchWindow

__all__ = ["BenchWindow"]
