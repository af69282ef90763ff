"""The buying library, for periodicals too."""

from tests.apps.acquisitions.conftest import buying as buying
