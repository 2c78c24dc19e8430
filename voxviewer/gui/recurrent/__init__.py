"""Recurrent networks in a window of their own: their forms, what they cost, and one of them fitted.

- `window`: both tabs, over `pipeline.recurrences`
- `form_cards`: what one time step is, with lines of Keras
- `sizes`: weights and work of all forms beside each other
- `rows`, `examples`: what is chosen; the clips that a network is fitted to, and their targets
- `strip`, `maps_row`: the state after each frame, and that of ConvLSTM2D as pictures
"""
