"""Another recipe takes over between two parts, proved beside the running line; what is not proved never does."""
