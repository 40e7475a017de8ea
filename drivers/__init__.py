"""Devices: camera, encoder, PLC, and the simulated cell. Imports neither the station nor the models."""
