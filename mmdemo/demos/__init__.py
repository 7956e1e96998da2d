"""One folder per demo; `mmdemo.catalog` lists them."""
