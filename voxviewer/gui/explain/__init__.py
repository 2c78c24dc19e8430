"""Grad-CAM and occlusion in a window of their own: what is asked, the heat over the clip, a legend.

- `window`: the window, over `networks.explaining`
- `question`: what is asked, as one frozen value, and the work that answers it
- `scores`: what the model says of the whole clip
"""
