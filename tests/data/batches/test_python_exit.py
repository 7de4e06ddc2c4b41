import subprocess
import sys
import threading

import pytest

from dfnet_tf.data.batches.python_exit import FinishedBeforeExit

# Like tf.data's threads: Python does not wait for them, and they are always inside OpenCV.
PROGRAM = """
import threading, time
import cv2, numpy as np
from dfnet_tf.data.batches.python_exit import FinishedBeforeExit
image = np.zeros([1000, 1000, 3], np.uint8)
def blur():
    cv2.GaussianBlur(image, (31, 31), 9)
blur = {decorated}
def work():
    while True:
        blur()
threading.excepthook = lambda error: print(error.exc_type.__name__ + " ", end="")
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
"""


def test_python_exits_cleanly_while_threads_work_ahead():
    program = PROGRAM.format(decorated="FinishedBeforeExit(blur)")
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.split() == ["RuntimeError"] * 3


def test_calls_pass_through_and_so_do_their_errors():
    divide = FinishedBeforeExit(lambda a, b: a / b)
    results = []
    thread = threading.Thread(target=lambda: results.append(divide(6, 3)))
    thread.start()
    thread.join()
    assert results == [2]
    with pytest.raises(ZeroDivisionError):
        divide(1, 0)
