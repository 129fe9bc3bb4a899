"""The process tree: the embedded database server and the supervisor behind `holdfast up`.

In: a data directory and a list of child processes. Out: a running tree that restarts what falls over, stops as one
within five seconds, and leaves nothing behind even when its top is killed. It knows no domain: which children there are
is said by `holdfast.cli`.
"""
