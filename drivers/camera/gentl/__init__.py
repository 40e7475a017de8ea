"""What the GenTL producers share: the interface's C header, the form of their answers, and how they are compiled."""
