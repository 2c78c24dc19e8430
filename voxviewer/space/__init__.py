"""The only room with VTK, and VTK lives in a process of its own.

- `camera`: where the eye is, how a drag turns it, where a point lands in the picture
- `scenes`: how nouns become something to look at: a block of voxels, or moving points
- `boxes`: the box round a scene: which edges to draw and where its letters stand
- `looks`: what of a scene is shown and in which colors, as one frozen value
- `client`: asks; imported by the window, without VTK
- `worker`, `vtk_stage`, `vtk_parts`: answer; the child process
- `projection`, `sticks`: NumPy's picture of the same scene, where there is no OpenGL, no VTK, or
  the process has died

Scene coordinates, everywhere in this room: x to the right (W), y down (H), z away from the eye (D,
or T where time is depth), the middle of the scene at 0, and a ball of radius 1 holds all of it.
"""
