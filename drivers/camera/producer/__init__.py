"""The simulated GenTL producer (C) and the scene file through which a world shines light on it."""
