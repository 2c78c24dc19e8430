"""Files become nouns here: `open` returns a `Volume` or a `Skeleton`, or raises `SourceError`.

One file a family, one row each in `READERS` (`readers.py`). A file is recognized by its first
bytes, then by its name; the path is looked at before anything is read (a pipe would block for
ever). Whatever the libraries raise becomes one `SourceError` at one boundary (`boundary.py`).

    opening     `open`: which reader a path is for, and what it cannot be asked for
    boundary    the exceptions' translation, and what a reader is asked for
    layout      what the axes of an array mean
    stored      lazy voxels: read in blocks, converted as they are asked for
    compressed  unpacking in pieces, with limits; growing: gzip, as far as it is looked at
    grids       what readers of scans share; pairs, nibabel_headers: of those in nibabel's formats
    libtiff     kept from printing on its own
    nifti, analyze, mgh, nrrd, metaimage (+ detached), dicom/     readers of scans
    arrays + archives + points, hdf5 + dataset_voxels     readers of arrays
    pictures + gif_blocks, frames     readers of pictures and folders of them
    tiff + tiff_chain, tiff_pages, tiff_facts     TIFF stacks and films
    video + film_file, film_times, framewise     films, held whole or decoded as they are shown
    clouds, cloud_files     points that become voxels
    skeletons/  the readers of motion capture and pose files
    samples     hand + hand_pose, walkers, phantom, a scan from nibabel
    folders     what is in a folder, and nothing that links lead to outside
    stacking    several files of one size as one source, over time
    drops       what happens when paths are dropped on the window
    corrections what a person set right: which person, unit, up, rate; nothing is read again
    figures     whole-array figures: range, mean, histogram, missing joints
    describe    the object that `info --json` prints

The public names load on first use: the window paints before any reader is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxviewer.lazy import names_from

if TYPE_CHECKING:
    from voxviewer.sources.drops import (
        dialog_filters,
        invitation,
        model_among,
        plan_drop,
        plan_stack,
    )
    from voxviewer.sources.opening import named_reader, open, recognized, same_opening
    from voxviewer.sources.readers import FAMILIES, READERS, Reader

_HOME = {
    "FAMILIES": "readers",
    "READERS": "readers",
    "Reader": "readers",
    "dialog_filters": "drops",
    "invitation": "drops",
    "model_among": "drops",
    "named_reader": "opening",
    "open": "opening",
    "plan_drop": "drops",
    "plan_stack": "drops",
    "recognized": "opening",
    "same_opening": "opening",
}

__all__ = [
    "FAMILIES",
    "READERS",
    "Reader",
    "dialog_filters",
    "invitation",
    "model_among",
    "named_reader",
    "open",
    "plan_drop",
    "plan_stack",
    "recognized",
    "same_opening",
]

__getattr__ = names_from(__name__, _HOME)
