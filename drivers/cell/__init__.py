"""The simulated cell: one seeded world of parts, jig, light, robot, bins and PLC, and the truth about it."""
