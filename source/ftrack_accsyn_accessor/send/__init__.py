"""Selection, plan and request of Send, Sync and Get: what somebody asks to be moved, from where to where."""
