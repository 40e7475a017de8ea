"""A GenTL producer over the system's libaravis: GigE Vision and USB3 Vision cameras without a vendor's producer."""
