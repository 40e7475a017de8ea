"""Classification in processes of its own: the asyncio loop stays at one millisecond."""
