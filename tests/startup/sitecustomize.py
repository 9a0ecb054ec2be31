"""What Python reads first in each process that the tests start: there are hundreds, and each of them imports a lot."""

import gc

RARELY = 200_000
"""New objects after which Python looks for garbage, until the process says otherwise itself."""

gc.set_threshold(RARELY, 10, 10)  # nothing that is imported is garbage: looking through it took a seventh of a start
