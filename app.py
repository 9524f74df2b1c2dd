# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "flask>=3.1,<4",
#     "peewee>=4.5,<5",
#     "apscheduler>=3.11,<4",
#     "requests>=2.32.4",
#     "waitress>=3.0.1",
#     "flask-login>=0.6.3",
#     "flask-wtf>=1.2",
#     "limits>=5",
#     "google-re2>=1.1",
#     "jinja2>=3.1",
#     "click>=8",
#     "pymisp>=2.5",
#     "pytaxonomies>=2",
#     "markdown-it-py>=4,<5",
#     "publicsuffixlist>=1.0.2",
#     "pyotp>=2.12",
#     "segno>=1.6.6",
# ]
# ///
"""Start mispmini from a checkout: `python app.py VERB`."""

import sys

try:
    from mispmini.main import main
except ModuleNotFoundError as missing:
    if missing.name is None or missing.name.startswith("mispmini"):
        raise
    sys.exit(
        f"The package {missing.name} is not installed for this Python: "
        "run `make demo`, or `pip install .`, or `uv run app.py`."
    )

if __name__ == "__main__":
    main()
