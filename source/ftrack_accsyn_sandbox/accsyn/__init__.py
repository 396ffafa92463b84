"""The accsyn half of the sandbox: one workspace that answers accsyn's real client and really copies files."""

from ftrack_accsyn_sandbox.accsyn.engine import Engine
from ftrack_accsyn_sandbox.accsyn.inspection import JobRow, TaskRow
from ftrack_accsyn_sandbox.accsyn.integration import FtrackIntegration
from ftrack_accsyn_sandbox.accsyn.service import AccsynService
from ftrack_accsyn_sandbox.accsyn.workspace import Workspace

__all__ = ["AccsynService", "Engine", "FtrackIntegration", "JobRow", "TaskRow", "Workspace"]
