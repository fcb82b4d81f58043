"""The description of the API as a file, without a server: ``python -m cli.openapi`` writes it.

The studio's types are generated from it (``make types``).
"""

import json
from importlib.metadata import version
from pathlib import Path

from api.app import endpoints_of
from api.main import make_parts
from api.metrics import Metrics
from api.openapi import document
from api.routes.studio import Studio
from db.engine import Database, parse_url
from services.catalogue import Catalogue
from storage.folder import FolderStore
from storage.signed_urls import SignedUrls

FILE = Path(__file__).parents[1] / "studio" / "openapi.json"


def description() -> str:
    """Write the description, as this release serves it at ``/openapi.json``."""
    # Adapters that are never opened: only the table of endpoints is read.
    nowhere = FolderStore(Path(), SignedUrls(b""), configured="file:")
    parts = make_parts(Database(parse_url("postgresql://"), name="nobody"), nowhere, Catalogue([]))
    endpoints = endpoints_of(parts, Metrics(), Studio(parts.studio, parts.storage))
    return json.dumps(document(endpoints, version("rushes")), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(description(), encoding="utf-8")
