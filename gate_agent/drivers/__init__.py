"""METAL. The only place that imports gpiozero, serial, cv2 and pyzbar.

One module for each kind of device, so that a gate with a serial scanner never loads OpenCV.
"""

import os

# More than any camera has. OpenCV reads its limit from the environment, once, when it is loaded;
# by itself it would take 3 GB for a damaged file that claims to be large.
MAX_PIXELS = 1 << 26
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_PIXELS)
