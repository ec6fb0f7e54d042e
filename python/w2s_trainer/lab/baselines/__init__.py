"""The lab's baselines as method.py files, for agents to read, run and begin with."""
