"""Arrays become pixels: the same ones for the screen and for a file.

- `colormaps`: which color a share of the range has: gray, viridis, and one signed map in two coats
- `limits`: which values the ends of the range are: `Scale`, and the policies that make one
- `pixels`: a plane of numbers and a scale become palette indices, or 0xFFRRGGBB
- `layout`, `wall`: where the tiles of a feature wall lie, and all of them in one buffer
- `gaps`: where joints of a recording are missing, and lines through short gaps
- `thumbnails`: small pictures: of a plane for the film strip, of a skeleton as a stick figure

A window paints what these functions give and an export writes it. Nothing here knows Qt or imports
more than NumPy, so that the first frame is there before anything heavy is.
"""
