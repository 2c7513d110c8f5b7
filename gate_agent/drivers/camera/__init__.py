"""Read codes from camera pictures."""
