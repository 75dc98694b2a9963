"""One key, many at once, in one process and in several; and processes that die between storing and answering: never two messages."""

import asyncio
import re
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack, ExitStack, contextmanager
from subprocess import PIPE, Popen

import httpx
import msgspec

from tests.races.racer import ROOT
from tests.races.repeat_trials import SETTINGS, Counted
from tests.support.world import a_world

RACERS = 1_000
TRIALS = 16
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
