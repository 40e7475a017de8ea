"""Cameras: a GenICam camera behind one small interface, and the simulated producer that stands in for one."""
