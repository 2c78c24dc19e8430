"""The same street from a terminal: the window, open, info, encode, convolve, model, train and more.

Every field of a settings class is an option of the same name. Exit status 0; 1 with one line on
standard error that names the file and says what to do; 2 for wrong usage. Values and commands that
are not built yet are refused in one sentence.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from voxviewer import __version__, commands
from voxviewer.commands import say
from voxviewer.files import SourceError, printable
from voxviewer.network_commands import add_commands
from voxviewer.options import Refused, UsageError, add_opening, add_settings
from voxviewer.train_command import run_train

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = ("open", "info", "encode", "convolve", "model", "train", "explain", "recurrent", "batch")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--worker"]:
        return _serve(words[1:])
    if not words or words[0] == "--" or (words[0][:1] != "-" and words[0] not in COMMANDS):
        words = ["open", *words]
    _write_any_letter()
    try:
        options = _parser().parse_args(words)
        status = int(options.run(options))
        if sys.stdout is not None:
            sys.stdout.flush()  # here a failure can still be told; the interpreter tells a page
        return status
    except UsageError as error:
        return say(str(error), 2)
    except (SourceError, Refused) as error:
        return say(str(error), 1)
    except (ValueError, RuntimeError, MemoryError) as error:
        return say(f"{_subject(words)}{error or type(error).__name__}", 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`); that is its right.
        _drop_output()
        return 0
    except Exception as error:  # nobody foresaw it: still one line, and the rest in the log
        logging.getLogger(__name__).debug("unforeseen", exc_info=error)
        if isinstance(error, OSError) and error.filename is None:
            _drop_output()
            return say(f"the output cannot be written: {error.strerror}. Check where it goes.", 1)
        words_for_it = f"something unforeseen went wrong, {type(error).__name__}: {error}"
        return say(f"{_subject(words)}{words_for_it}. Please report it.", 1)


def _write_any_letter() -> None:
    """Let a terminal that knows few letters show the others as escapes, not fail."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Lead what is still unwritten nowhere: writing it at the end would fail once more."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        sys.stdout = None


class _Parser(argparse.ArgumentParser):
    """argparse, but one line instead of a page where the usage is wrong."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. See '{self.prog} --help'.")


def _subject(words: Sequence[str]) -> str:
    """Name the file that a sentence without one is about."""
    for word in words[1:]:
        if not word.startswith("-"):
            return f"{printable(Path(word).name or word)}: "
    return ""


def _serve(words: Sequence[str]) -> int:
    """A frozen program starts itself as its own worker process."""
    if list(words[:1]) != ["networks"]:
        return say("--worker is for the program itself", 2)
    from voxviewer.networks.worker import main as serve

    serve()
    return 0


# the words


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="voxviewer",
        description="See 3D and spatio-temporal data become the tensor a Keras Conv3D is fed.",
        epilog="`voxviewer FILE ...` opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"voxviewer {__version__}")
    verbs = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    add = verbs.add_parser("open", help="the window, or a picture of it")
    add.add_argument("files", nargs="*", metavar="FILE")
    add.add_argument("--screenshot", metavar="P.png", help="load, run once, save a picture, close")
    add.add_argument("--gif", metavar="P.gif", help="with --screenshot: also export the maps")
    add.add_argument("--size", nargs=2, type=int, metavar=("W", "H"), help="of the window, pixels")
    add.add_argument("--theme", choices=("system", "light", "dark"), default="system")
    add_settings(add, "encoding", "filters", "convolution", "render", "export")
    add.set_defaults(run=commands.run_open)

    add = verbs.add_parser("info", help="what a file is")
    add.add_argument("files", nargs="+", metavar="FILE")
    add.add_argument("--json", action="store_true", help="one JSON object per file and line")
    add_opening(add)
    add.set_defaults(run=commands.run_info)

    add = verbs.add_parser("encode", help="files -> the tensor (T, H, W, C)")
    add.add_argument("files", nargs="+", metavar="FILE")
    add.add_argument("-o", "--output", required=True, metavar="OUT", help=".npy or .npz")
    add_settings(add, "encoding")
    add.set_defaults(run=commands.run_encode)

    add = verbs.add_parser("convolve", help="files -> feature maps")
    add.add_argument("files", nargs="+", metavar="FILE")
    add.add_argument("-o", "--output", required=True, metavar="OUT", help=".gif, .npy or .npz")
    add.add_argument("--json", action="store_true", help="end with one line of JSON")
    add_settings(add, "encoding", "filters", "convolution", "render", "export")
    add.set_defaults(run=commands.run_convolve)

    add = verbs.add_parser("model", help="the layers of a model file")
    add.add_argument("model", metavar="MODEL")
    add.add_argument("--json", action="store_true")
    add.set_defaults(run=commands.run_model)

    add = verbs.add_parser("train", help="clips -> a small network whose filters are learned")
    words = "clips, or the folder with a folder for each class; none with --targets"
    add.add_argument("files", nargs="*", metavar="FILE", help=words)
    add.add_argument("-o", "--output", metavar="OUT.keras", help="the trained model")
    words = "train the bank that comes with the program again, by its own settings"
    add.add_argument("--shipped-bank", action="store_true", help=words)
    add.add_argument("--plan", action="store_true", help="show the network, do not train")
    add.add_argument("--json", action="store_true", help="end with one line of JSON")
    add_settings(add, "encoding", "training")
    add.set_defaults(run=run_train)

    add_commands(verbs.add_parser)

    add = verbs.add_parser("batch", help="a recipe over many files (not built yet)")
    add.add_argument("words", nargs="*")
    add.add_argument("-o", "--output")
    add.set_defaults(run=commands.run_batch)
    return parser


if __name__ == "__main__":
    sys.exit(main())
