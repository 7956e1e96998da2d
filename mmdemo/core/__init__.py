"""What every demo shares. Nothing here knows a demo."""
