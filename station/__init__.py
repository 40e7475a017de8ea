"""The station: what it does with the pictures of its cameras and the parts of its PLC."""
