"""Send, Sync and Get: selection -> plan -> request. What is confirmed is carried by the worker like a publish."""
