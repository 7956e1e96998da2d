"""Start the app: `python app.py`, or as the entry of a Hugging Face Space."""

from mmdemo.cli import serve

if __name__ == "__main__":
    raise SystemExit(serve())
