import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import template as shipped

# For the emulated AWS; a real one is never asked.
os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": shipped.REGION}


@pytest.fixture
def source():
    """A copy that a test may spoil."""
    return shipped.source()


@pytest.fixture(scope="session")
def translated():
    return shipped.translated(shipped.source())
