"""Forward kinematics: angles of joints become places, all frames at once.

The rotation of a joint is the product of its channels in the order in which they are listed, each
about its own axis, acting on column vectors: "Zrotation Yrotation Xrotation" is Rz Ry Rx. With G of
the parent, the joint lies at p = p_parent + G_parent t and hands on G = G_parent R. Position
channels stand in the place of the offset's coordinates (Biovision's own files; bvhio and pybvh
compute the same).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voxviewer.data import Float64, Progress


@dataclass
class Node:
    """A joint or an end site.

    Attributes
    ----------
    parent : index of the parent, always a smaller one; -1 for a root
    channels : (kind, axis) in the listed order: ("position", 0), ("rotation", 2) ...
    first : place of the first channel in a frame's row
    """

    name: str
    parent: int
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    channels: tuple[tuple[str, int], ...] = ()
    first: int = 0


def positions(nodes: Sequence[Node], rows: Float64, progress: Progress) -> Float64:
    """Where every node is in every frame.

    Parameters
    ----------
    nodes : parents before their children
    rows : (T, channels), angles in degrees; NaN makes a joint and all below it NaN

    Returns
    -------
    (T, nodes, 3) float64, in the file's unit
    """
    T = len(rows)
    places = np.empty((T, len(nodes), 3))
    turned: dict[int, Float64] = {}
    waiting = _children(nodes)
    for index, node in enumerate(nodes):
        if index % 16 == 0:
            progress(index / len(nodes), f"Placing {node.name}")
        step, turns = _local(node, rows)
        if node.parent < 0:
            places[:, index] = step
            matrix = np.broadcast_to(np.eye(3), (T, 3, 3))
        else:
            matrix = turned[node.parent]
            with np.errstate(invalid="ignore", over="ignore"):
                step = np.einsum("tij,tj->ti", matrix, step)
                places[:, index] = places[:, node.parent] + step
        if waiting[index]:
            turned[index] = _turn(matrix, turns)
        _let_go(turned, waiting, node.parent)
    return places


def _children(nodes: Sequence[Node]) -> list[int]:
    """How many children of each node are still to come."""
    count = [0] * len(nodes)
    for node in nodes:
        if node.parent >= 0:
            count[node.parent] += 1
    return count


def _let_go(turned: dict[int, Float64], waiting: list[int], parent: int) -> None:
    """Drop the parent's rotations after its last child: only open branches are held."""
    if parent < 0:
        return
    waiting[parent] -= 1
    if not waiting[parent]:
        del turned[parent]


def _local(node: Node, rows: Float64) -> tuple[Float64, list[tuple[int, Float64]]]:
    """(T, 3) the step from the parent, and (axis, (T,) radians) of each rotation as listed."""
    step = np.tile(np.asarray(node.offset), (len(rows), 1))
    turns = []
    for place, (kind, axis) in enumerate(node.channels, node.first):
        if kind == "position":
            step[:, axis] = rows[:, place]
        else:
            turns.append((axis, np.deg2rad(rows[:, place])))
    return step, turns


def _turn(matrix: Float64, turns: Sequence[tuple[int, Float64]]) -> Float64:
    """(T, 3, 3) matrix @ R1 @ R2 ...; a rotation about one axis mixes the two other columns."""
    result = np.array(matrix)
    for axis, angle in turns:
        first, second = (axis + 1) % 3, (axis + 2) % 3
        c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
        a, b = result[:, :, first], result[:, :, second]
        result[:, :, first], result[:, :, second] = a * c + b * s, b * c - a * s
    return result
