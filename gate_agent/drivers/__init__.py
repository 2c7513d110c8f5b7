"""METAL. The only place that imports gpiozero, serial, cv2, pyzbar, luma and PIL.

One module for each kind of device, so that a gate with a serial scanner never loads OpenCV.
"""

import os

# OpenCV reads this limit once, when it is loaded; by itself it would take gigabytes for a damaged
# file that claims to be large. 64 megapixels are more than any camera here has.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(1 << 26)

# NumPy's threads would only wait for each other, spinning, over matrices as small as ours.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
