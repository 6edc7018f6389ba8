"""`asa-transport plan`: audit, then write what would be sent, and the way back; changes nothing on any device."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import typer

from asa_transport import __version__
from asa_transport.audit import ProbeTargets
from asa_transport.cli import auditing, judging, options, plan_options, planning
from asa_transport.cli.audit import DEFAULT, WORKERS, Voice, ask, opened
from asa_transport.cli.beside import exceptions_path
from asa_transport.cli.common import console, exit_on_user_error, say
from asa_transport.cli.exit_codes import ExitCode, strongest
from asa_transport.cli.plan_table import print_plan
from asa_transport.core import plan_document
from asa_transport.core.judge import cases, judged
from asa_transport.core.plan import make_plan
from asa_transport.core.render import Renderer
from asa_transport.core.report import audit_document
from asa_transport.core.select import select
from asa_transport.core.tables import TableSet
from asa_transport.edges import exceptions, inventory as inventories, templates
from asa_transport.edges.runs import RunFolder, find_run, new_run_id, state_directory
from asa_transport.errors import TemplateError, UserError
from asa_transport.model import Device, Exemption, Goal, Limits, NotAudited, Plan
from asa_transport.yamlvalues import moment_text
