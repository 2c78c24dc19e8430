"""Small recordings in every skeleton format, written by the tests."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

BVH_TREE = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Spine
  {
    OFFSET 0 4 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    JOINT Head
    {
      OFFSET 0 3 0
      CHANNELS 3 Xrotation Yrotation Zrotation
      End Site
      {
        OFFSET 0 1 0
      }
    }
  }
  JOINT LeftFoot
  {
    OFFSET 1 -8 0
    CHANNELS 3 Yrotation Xrotation Zrotation
    End Site
    {
      OFFSET 0 0 1
    }
  }
}
"""
BVH_CHANNELS = 15


def figure(frames: int = 20, joints: int = 25, persons: int = 1, seed: int = 0) -> np.ndarray:
    """(T, P, J, 3) an upright moving figure in meters; joint 3 is the head, 15 and 19 the feet."""
    random = np.random.default_rng(seed)
    rest = random.uniform(-0.15, 0.15, (joints, 3))
    rest[:, 1] += np.linspace(-0.2, 0.2, joints)
    if joints == 25:
        rest[3, 1], rest[[14, 15, 18, 19], 1] = 0.7, -0.8
    t = np.linspace(0, 2 * np.pi, frames)[:, None, None, None]
    sway = 0.1 * np.sin(t + np.arange(joints)[None, None, :, None] / 3)
    place = np.array([1.0, 0.0, 0.0]) * np.arange(persons)[:, None]
    return rest[None, None] + sway + place[None, :, None] + [0.1, 0.0, 2.5]


def write_ntu(
    path: Path,
    bodies: Sequence[Sequence[tuple[str, np.ndarray]]],
    fields: int = 12,
    state: int = 2,
    newline: str = "\n",
) -> Path:
    """Frames of (id, (J, 3)) in the NTU grammar."""
    lines = [str(len(bodies))]
    for frame in bodies:
        lines.append(str(len(frame)))
        for name, joints in frame:
            lines.append(f"{name} 0 0 0 0 0 0 0 0 2" if fields == 12 else name)
            lines.append(str(len(joints)))
            more = f" 0 0 0 0 0 0 0 1 {state}" if fields == 12 else ""
            lines += [" ".join(f"{x:.6f}" for x in joint) + more for joint in joints]
    path.write_bytes((newline.join(lines) + newline).encode())
    return path


def write_bvh(path: Path, rows: np.ndarray, tree: str = BVH_TREE, head: str = "") -> Path:
    """A tree and its rows; `head` replaces the two lines before the rows."""
    head = head or f"Frames: {len(rows)}\nFrame Time: 0.0333333\n"
    text = "\n".join(" ".join(f"{x:.6f}" for x in row) for row in rows)
    path.write_text(f"{tree}MOTION\n{head}{text}\n")
    return path


def person(joints: np.ndarray, part: str = "pose", score: float = 0.9) -> dict[str, list[float]]:
    """An OpenPose person of joints (J, 2); NaN becomes 0, 0, 0."""
    sure = np.isfinite(joints).all(axis=-1)
    table = np.column_stack([joints, np.full(len(joints), score)])
    table[~sure] = 0
    return {f"{part}_keypoints_2d": table.ravel().tolist()}


def write_openpose(
    folder: Path, frames: Sequence[Sequence[dict]], numbers: Sequence[int] | None = None
) -> Path:
    """A file for each frame."""
    folder.mkdir(exist_ok=True)
    for number, people in zip(numbers or range(len(frames)), frames, strict=True):
        path = folder / f"walk_{number:012d}_keypoints.json"
        path.write_text(json.dumps({"version": 1.3, "people": list(people)}))
    return folder


def write_coco(path: Path, notes: list[dict], images: list[dict], **more: object) -> Path:
    path.write_text(json.dumps({"images": images, "annotations": notes, **more}))
    return path


def keypoints(joints: np.ndarray, v: Sequence[float] | float = 2) -> list[float]:
    """COCO's flat list of joints (J, 2)."""
    return np.column_stack([joints, np.broadcast_to(v, len(joints))]).ravel().tolist()


def write_csv(
    path: Path, table: np.ndarray, header: Sequence[str] = (), divider: str = ","
) -> Path:
    lines = [divider.join(header)] if header else []
    for row in table:
        lines.append(divider.join("" if np.isnan(x) else f"{x:.6g}" for x in row))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_pickle(path: Path, annotations: list[dict], protocol: int = 4) -> Path:
    data = {"split": {"train": ["a"]}, "annotations": annotations}
    path.write_bytes(pickle.dumps(data, protocol=protocol))
    return path


def annotation(name: str, keypoint: np.ndarray, score: bool = True) -> dict:
    """A PYSKL annotation of (M, T, V, 2 or 3)."""
    found = {
        "frame_dir": name,
        "label": 3,
        "img_shape": (480, 640),
        "original_shape": (480, 640),
        "total_frames": keypoint.shape[1],
        "keypoint": keypoint,
    }
    if score:
        found["keypoint_score"] = np.full(keypoint.shape[:3], 0.5, np.float16)
    return found


# --- C3D --------------------------------------------------------------------------------------


def dec_bytes(values: np.ndarray) -> bytes:
    """VAX F floats: an exponent two higher, halves swapped."""
    halves = (np.asarray(values, "<f4") * np.float32(4)).view("<u2").reshape(-1, 2)
    return halves[:, ::-1].tobytes()


def c3d_bytes(
    points: np.ndarray,
    labels: Sequence[str],
    *,
    processor: int = 84,
    floats: bool = True,
    residual: np.ndarray | None = None,
    analog: int = 0,
    first: int = 1,
    last: int | None = None,
    extra: Sequence[tuple[str, str, object]] = (),
    unit: str = "mm",
) -> bytes:
    """A C3D file of points (T, J, 3), by the format's user guide."""
    T, J = points.shape[:2]
    order = ">" if processor == 86 else "<"
    real = dec_bytes if processor == 85 else lambda v: np.asarray(v, order + "f4").tobytes()
    scale = -0.1 if floats else 0.1
    parameters: list[tuple[str, str, object]] = [
        ("POINT", "LABELS", list(labels)),
        ("POINT", "UNITS", [unit]),
        ("POINT", "RATE", 50.0),
        *extra,
    ]
    block = _parameter_block(parameters, order, real, processor)
    start = 2 + len(block) // 512
    header = bytearray(512)
    header[0], header[1] = 2, 0x50
    end = first + T - 1 if last is None else last
    struct.pack_into(order + "5H", header, 2, J, analog, first, end & 0xFFFF, 0)
    header[12:16] = real(np.array([scale]))
    struct.pack_into(order + "2H", header, 16, start, 1)
    header[20:24] = real(np.array([50.0]))
    table = np.zeros((T, 4 * J + analog))
    four = np.zeros((T, J, 4))
    four[..., :3] = np.nan_to_num(points) / (1 if floats else scale)
    four[..., 3] = 0 if residual is None else residual
    four[..., 3][~np.isfinite(points).all(axis=-1)] = -1
    table[:, : 4 * J] = four.reshape(T, -1)
    data = real(table.ravel()) if floats else np.rint(table).astype(order + "i2").tobytes()
    return bytes(header) + block + data


def _parameter_block(parameters: Sequence, order: str, real: object, processor: int) -> bytes:
    groups = {name: index for index, name in enumerate(dict.fromkeys(p[0] for p in parameters), 1)}
    links = [(name.encode(), -index, b"\0") for name, index in groups.items()]
    for group, name, value in parameters:
        links.append((name.encode(), groups[group], _payload(value, order, real) + b"\0"))
    data = b""
    for place, (name, number, payload) in enumerate(links):
        step = 0 if place == len(links) - 1 else 2 + len(payload)
        data += struct.pack("bb", len(name), number) + name
        data += struct.pack(order + "H", step) + payload
    size = -(-(len(data) + 4) // 512)
    return (bytes([1, 0x50, size, processor]) + data).ljust(512 * size, b"\0")


def _payload(value: object, order: str, real: object) -> bytes:
    if isinstance(value, list):
        width = max([len(text) for text in value] + [1])
        return bytes([255, 2, width, len(value)]) + b"".join(
            text.encode().ljust(width) for text in value
        )
    if isinstance(value, tuple):
        return bytes([2, 1, len(value)]) + np.asarray(value, order + "u2").tobytes()
    return bytes([4, 0]) + real(np.array([value]))  # type: ignore[operator]


def skeleton_files(folder: Path) -> dict[str, Path]:
    """Family -> a small file of it, in the names of `READERS`."""
    found = {
        "BVH": folder / "walk.bvh",
        "C3D": folder / "trial.c3d",
        "NTU skeleton": folder / "wave.skeleton",
        "pose JSON": folder / "landmarks.json",
        "joints CSV": folder / "joints.csv",
        "PYSKL pickle": folder / "list.pkl",
        "folder of poses": folder / "poses",
    }
    random = np.random.default_rng(0)
    write_bvh(found["BVH"], random.uniform(-30, 30, (12, BVH_CHANNELS)))
    markers = 1000 * figure(16, 5)[:, 0]
    found["C3D"].write_bytes(c3d_bytes(markers, ["LFHD", "LTOE", "RTOE", "C7", "STRN"]))
    joints = figure(10)[:, 0]
    write_ntu(found["NTU skeleton"], [[("72057594037931101", each)] for each in joints])
    hand = 0.5 + 0.1 * figure(10, 21)[:, 0]
    frames = [
        {"frame": i, "right_hand_landmarks": [dict(zip("xyz", p, strict=True)) for p in each]}
        for i, each in enumerate(hand.tolist())
    ]
    found["pose JSON"].write_text(json.dumps({"fps": 25, "frames": frames}))
    names = [f"{axis}{joint}" for joint in range(21) for axis in "xyz"]
    write_csv(found["joints CSV"], hand.reshape(10, -1), names)
    write_pickle(found["PYSKL pickle"], [annotation("wave", random.uniform(0, 400, (1, 9, 17, 2)))])
    pixels = 300 + 100 * figure(8)[:, 0, :, :2]
    write_openpose(found["folder of poses"], [[person(each)] for each in pixels])
    return found
