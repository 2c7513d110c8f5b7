"""METAL. The only place that imports gpiozero, serial, cv2 and pyzbar.

One module for each kind of device, so that a gate with a serial scanner never loads OpenCV.
"""
