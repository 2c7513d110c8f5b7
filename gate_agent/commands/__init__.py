"""The technician's commands that need more than a few lines; `gate_agent.__main__` has the rest."""
