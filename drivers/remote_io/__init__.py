"""Bare remote inputs and outputs instead of a PLC: the station counts the parts and drives a coil for each gate."""
