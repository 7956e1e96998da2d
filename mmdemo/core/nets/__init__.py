"""Parts of networks that several demos use."""
