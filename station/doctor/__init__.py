"""What can be wrong on a box before the station runs on it: one small function a check, each with a limit."""
