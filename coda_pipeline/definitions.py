"""The code location: what `dagster dev`, the daemon and the workspace load. It only loads `defs/`.

Loading needs no environment, no database and no network: without a configuration file it shows the demo's
tables.
"""

from coda_pipeline.defs.build import build_definitions
from coda_pipeline.settings import Settings

defs = build_definitions(Settings())
