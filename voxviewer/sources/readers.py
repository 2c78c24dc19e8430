"""The table of readers: one row a family, and which families share their endings.

A new format is one new row here and one function in a module of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voxviewer.sources.analyze import is_analyze, read_analyze
from voxviewer.sources.archives import read_npz
from voxviewer.sources.arrays import MAGIC as NPY_MAGIC
from voxviewer.sources.arrays import read_npy
from voxviewer.sources.cloud_files import is_ply, is_xyz, read_ply, read_xyz
from voxviewer.sources.dicom.finding import is_dicom
from voxviewer.sources.dicom.reader import read_dicom, read_dicom_folder
from voxviewer.sources.film_file import is_video
from voxviewer.sources.frames import read_frames
from voxviewer.sources.hdf5 import SUFFIXES as HDF5_SUFFIXES
from voxviewer.sources.hdf5 import is_hdf5, read_hdf5
from voxviewer.sources.metaimage import is_metaimage, read_metaimage
from voxviewer.sources.mgh import is_mgh, read_mgh
from voxviewer.sources.nifti import is_nifti, read_nifti
from voxviewer.sources.nrrd import is_nrrd, read_nrrd
from voxviewer.sources.pictures import SUFFIXES as PICTURE_SUFFIXES
from voxviewer.sources.pictures import is_gif, is_picture, read_gif, read_picture
from voxviewer.sources.samples import read_sample
from voxviewer.sources.skeletons.bvh import is_bvh, read_bvh
from voxviewer.sources.skeletons.c3d import read_c3d
from voxviewer.sources.skeletons.c3d_parameters import is_c3d
from voxviewer.sources.skeletons.ntu import is_ntu, read_ntu
from voxviewer.sources.skeletons.pose_folder import read_pose_folder
from voxviewer.sources.skeletons.poses import is_json, read_pose_json
from voxviewer.sources.skeletons.pyskl import is_pickle, read_pyskl
from voxviewer.sources.skeletons.tables import is_table, read_table
from voxviewer.sources.tiff import SUFFIXES as TIFF_SUFFIXES
from voxviewer.sources.tiff import is_tiff, read_tiff
from voxviewer.sources.video import read_video

if TYPE_CHECKING:
    from collections.abc import Callable

    from voxviewer.data import Skeleton, Volume
    from voxviewer.sources.boundary import Request

READABLE = (
    "Open a scan (NIfTI, DICOM or a folder of it, NRRD, MetaImage, MGH, Analyze), .npy, .npz, "
    "HDF5, a GIF, a PNG, JPEG, BMP, WebP or TIFF, a folder of images, a video (MP4, MOV, MKV, "
    "WebM, AVI), a point cloud (.ply, .xyz), or a skeleton: .skeleton, .bvh, .c3d, .csv, .json, "
    ".pkl, a folder of OpenPose files"
)


@dataclass(frozen=True)
class Reader:
    """A row of `READERS`.

    Attributes
    ----------
    name : the family, for people
    suffixes : endings of file names, lower case
    sniff : True for the first bytes of such a file, unpacked if it is gzipped
    read : opens it
    words : what a drop overlay says of such a file
    named : takes `array`; sized : takes `axes`; several : takes `series`
    points : may hold a point cloud and then takes `voxels` and `cloud`
    """

    name: str
    suffixes: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    read: Callable[[Request], Volume | Skeleton]
    words: str
    named: bool = False
    sized: bool = False
    several: bool = False
    points: bool = False


FOLDER = Reader(
    "folder of images", (), lambda start: False, read_frames, "images as one clip", named=True
)

SCANS = Reader(
    "folder of DICOM files",
    (),
    lambda start: False,
    read_dicom_folder,
    "DICOM files as one scan",
    named=True,
    several=True,
)

POSES = Reader(
    "folder of poses",
    (),
    lambda start: False,
    read_pose_folder,
    "pose files as one skeleton",
    named=True,
    several=True,
)

SAMPLE = Reader("sample", (), lambda start: False, read_sample, "a sample")

READERS: tuple[Reader, ...] = (
    Reader(
        "NIfTI",
        (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz"),
        is_nifti,
        read_nifti,
        "a NIfTI volume",
        sized=True,
    ),
    Reader("Analyze", (".hdr", ".img"), is_analyze, read_analyze, "an Analyze volume", sized=True),
    Reader("MGH", (".mgz", ".mgh", ".mgh.gz"), is_mgh, read_mgh, "a FreeSurfer volume", sized=True),
    Reader(
        "DICOM",
        (".dcm", ".dicom", ".dic", ".ima"),
        is_dicom,
        read_dicom,
        "a DICOM image",
        several=True,
    ),
    Reader("NRRD", (".nrrd", ".nhdr"), is_nrrd, read_nrrd, "an NRRD volume", sized=True),
    Reader(
        "MetaImage",
        (".mha", ".mhd"),
        is_metaimage,
        read_metaimage,
        "a MetaImage volume",
        sized=True,
    ),
    Reader(
        "NumPy array",
        (".npy",),
        lambda start: start.startswith(NPY_MAGIC),
        read_npy,
        "a NumPy array",
        sized=True,
        points=True,
    ),
    Reader(
        "NumPy archive",
        (".npz",),
        # Other programs' files are zip archives too: only those whose first member is an array.
        lambda start: start[:4] == b"PK\x03\x04" and b".npy" in start[:512],
        read_npz,
        "a NumPy archive",
        named=True,
        sized=True,
        points=True,
    ),
    Reader(
        "HDF5",
        HDF5_SUFFIXES,
        is_hdf5,
        read_hdf5,
        "a data set",
        named=True,
        sized=True,
        points=True,
    ),
    Reader("PLY", (".ply",), is_ply, read_ply, "a point cloud", points=True),
    Reader("XYZ", (".xyz",), is_xyz, read_xyz, "a point cloud", points=True),
    Reader("GIF", (".gif",), is_gif, read_gif, "an animation"),
    Reader(
        "TIFF",
        TIFF_SUFFIXES,
        is_tiff,
        read_tiff,
        "a TIFF",
        sized=True,
        several=True,
    ),
    Reader("picture", PICTURE_SUFFIXES, is_picture, read_picture, "a picture"),
    Reader(
        "video",
        (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"),
        is_video,
        read_video,
        "a video",
    ),
    Reader("BVH", (".bvh",), is_bvh, read_bvh, "a motion capture"),
    Reader("C3D", (".c3d",), is_c3d, read_c3d, "a motion capture", named=True),
    Reader("NTU skeleton", (".skeleton",), is_ntu, read_ntu, "a skeleton", named=True),
    Reader(
        "pose JSON",
        (".json",),
        is_json,
        read_pose_json,
        "poses of persons",
        named=True,
        several=True,
    ),
    Reader("joints CSV", (".csv", ".tsv"), is_table, read_table, "a table of joints"),
    Reader(
        "PYSKL pickle",
        (".pkl", ".pickle"),
        is_pickle,
        read_pyskl,
        "a list of skeletons",
        named=True,
        several=True,
    ),
    POSES,
    SCANS,
    FOLDER,
)
"""Content decides before the name; the rows' contents do not overlap, so their order is free."""

FAMILIES = (
    ("NIfTI", "Analyze"),
    ("NumPy array", "NumPy archive"),
    ("GIF", "picture", "TIFF"),
)
"""Names of rows whose endings are taken for each other; all other rows are one more family.

An ending that two rows share belongs to the first, whose reader hands on what is the other's."""
