"""The packages of the wheel; everything else about it stands in pyproject.toml.

pyproject.toml can either find packages or list them, and `firmware_config/` needs both: it stays at
the top of the repository, and is installed inside the gate's package.
"""

from setuptools import find_namespace_packages, setup

OURS = ["gate_agent*", "fleet_manager*", "hardware_sim*"]
FIRMWARE = "gate_agent.firmware_config"
FOLDERS = find_namespace_packages("firmware_config")

setup(
    packages=[
        *find_namespace_packages(include=OURS),
        FIRMWARE,
        *(f"{FIRMWARE}.{folder}" for folder in FOLDERS),
    ]
)
