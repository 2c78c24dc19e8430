"""Which recurrent network, and how it is fitted."""

from __future__ import annotations

from dataclasses import dataclass

from voxviewer.settings.checks import make_plain, require_choice, require_count, require_number

FORMS = ("flat", "cnn_flat", "cnn", "convlstm")


@dataclass(frozen=True)
class RecurrentSettings:
    """A recurrent network of one of three forms, and how it is fitted to targets.

    Attributes
    ----------
    form : "flat", frames as rows of numbers into an LSTM; "cnn_flat" and "cnn", a Conv2D for each
        frame, flattened or averaged, into an LSTM; "convlstm", ConvLSTM2D
    units : of the LSTM
    filters, kernel : of the Conv2D or ConvLSTM2D; voxels along H and W
    epochs, batch_size, learning_rate : times through all clips, clips of one step, Adam's rate
    validation : share of the clips that is held out, of each class alike, and never learned from:
        it tells how well other clips would do
    rescale : a Rescaling layer in front takes the mean of all real values to 0 and their deviation
        to 1; without it the network sees the values as they were encoded
    seed : of weights, of the clips' order and of those that are held out
    """

    form: str = "convlstm"
    units: int = 32
    filters: int = 8
    kernel: int = 3
    epochs: int = 20
    batch_size: int = 8
    learning_rate: float = 0.01
    validation: float = 0.0
    rescale: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        make_plain(self)
        require_choice("form", self.form, FORMS)
        require_count("units", self.units, 1, 65_536)
        require_count("filters", self.filters, 1, 4096)
        require_count("kernel", self.kernel, 1, 65)
        require_count("epochs", self.epochs, 1, 100_000)
        require_count("batch_size", self.batch_size, 1, 4096)
        require_number("learning_rate", self.learning_rate, 1e-9, 100.0)
        require_number("validation", self.validation, 0.0, 0.9)
        require_count("seed", self.seed, 0, 2**32 - 1)
        if not isinstance(self.rescale, bool):
            raise ValueError(f"rescale must be True or False, not {self.rescale!r}")
