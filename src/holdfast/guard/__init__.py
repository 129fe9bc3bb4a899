"""The one gate round customers' data: sealed fields, grants, reveals and the log of both.

In: plain values on their way to storage; a request to see one field for one case and one purpose.
Out: `Sealed` values that print as their mask; one opened value after its log entry is durable; denials, recorded.
No other room opens a sealed value.
"""
