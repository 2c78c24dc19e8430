"""A child process that answers requests: start, ask, cancel, stop.

TensorFlow and VTK live in processes of their own, so that a model file cannot take the window
down, a run can really be stopped, and imports of many seconds are never felt. No Qt, no pickle, no
fork:

- `wire`: one message is a JSON header and raw arrays, on a pipe
- `blocks`: large arrays travel in shared memory that the parent makes, sizes and unlinks
- `process`: one running child and the two threads that listen to it
- `keeper`: keeps one running: its state, its end, the next one
- `standby`: a second one, warm, that takes its place
- `pair`: gives it the long requests meanwhile, so that the short ones need not wait
- `parent`: `Worker`, the side that asks; `turns`: one question of it
- `child`: `serve`, the side that answers
"""

from voxviewer.workers.errors import Overdue, WorkerError, WorkerMissing
from voxviewer.workers.pair import Pair
from voxviewer.workers.parent import Worker
from voxviewer.workers.wire import Answer

__all__ = ["Answer", "Overdue", "Pair", "Worker", "WorkerError", "WorkerMissing"]
