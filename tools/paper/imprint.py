"""What the book says about itself: its title, its address, its version, its date."""

import datetime
import os
import re
import subprocess
import time
import unicodedata
from pathlib import Path

import address
import yaml

ROOT = Path(__file__).parents[2]


def config():
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def site_address():
    """Where the site is published, with a slash, or None while its address is a placeholder."""
    base = address.site()
    return f"{base}/" if base else None


def slug(title):
    """A title as the name of a file: ASCII letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "book"


def version():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.*)"', text, re.MULTILINE)[1]


def made_at():
    """When the sources last changed, in UTC: the last commit, or what SOURCE_DATE_EPOCH says."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        asked = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        done = subprocess.run(asked, capture_output=True, text=True)
        # sources that were unpacked from an archive have no history
        epoch = done.stdout.strip() if done.returncode == 0 else ""
    return datetime.datetime.fromtimestamp(int(epoch or time.time()), datetime.UTC)


def license_line():
    """The site's own words under each page."""
    return re.sub(r"\s+", " ", config()["html"].get("extra_footer", "")).strip()
