"""Send events to Millrace.

>>> client = millrace.Client("ak_…", url="http://127.0.0.1:8000")
>>> client.capture("user-1", "signed up", {"plan": "team"})
"""

from ._aio import AsyncClient
from ._client import Client
from ._options import Drop, Options

__all__ = ["AsyncClient", "Client", "Drop", "Options", "__version__"]

__version__ = "0.1.0"
