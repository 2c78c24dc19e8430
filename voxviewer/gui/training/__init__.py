"""The Train panel: a small network is shown, trained, watched, and its filters are kept.

- `panel`: the panel; `rows`: its fields as a table
- `progress`: how far it is; `loss_curve`, `layer_table`: what is painted
- `words`: what is said, and which network is foretold. Knows no Qt.
"""

from voxviewer.gui.training.panel import TrainPanel

__all__ = ["TrainPanel"]
