"""Figures of the centre for Prometheus, and the Grafana dashboard that shows them.

A board has figures of its own, by Prometheus' node exporter (`firmware_config/gate_metrics.py`): of
the machine and of its daemon. Here is what the centre knows of the park; no name stands in both.
"""
