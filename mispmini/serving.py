"""One serving process: its lock, its socket, waitress in front of the app, and a clean end (TRUST §3.5, F8, F40)."""

import ctypes
import fcntl
import gc
import importlib
import json
import logging
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import click

from mispmini.cli.frame import PortTaken, make_private
from mispmini.domain.errors import MispminiError
