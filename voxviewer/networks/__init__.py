"""The only room with TensorFlow, and TensorFlow lives in a process of its own.

- `client`: asks; imported by the window, without TensorFlow
- `worker`: answers; the child process, a table of requests
- `network`: a model run up to a layer, under a limit of memory (child)
- `keras_layer`: one real `keras.layers.Conv3D` run over a clip (child)
- `model_files`: layers and kernels of `.keras` and `.h5` files, by h5py and JSON alone (parent)
- `doctor`, `passage`: whether a model may be run, whether a clip fits, where its maps will lie;
  they stand on `layer_graph`, `layer_rules`, `places`
- `forms`: three recurrent forms of a clip, their shapes and what they cost (parent)
- `recurrent`: has one of them fitted to a target for each clip, and asks for its states (parent);
  it stands on `recurrent_data` and `recurrent_nouns`, `recurrent_worker` does it (child)
- `training_plan`, `lesson`, `training`: a small network as rows, its examples, having it trained
- `training_worker`: trains it (child)
- `explaining`: Grad-CAM and occlusion (parent); it stands on `heads` (whether a model has scores,
  which layers have a place) and `heat` (what was found, laid on the clip)
- `explain_worker`: runs both (child)
- `shipped`: the models that come with the program
- `safe_files`, `layer_table`, `stored_weights`, `layer_info`: what `model_files` stands on: files
  looked at before they are opened, a configuration as a list of layers, where their arrays lie, and
  what a person is told
"""
