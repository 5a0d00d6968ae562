"""Use cases, one subject a file; the only place that commits.

A public function takes the :class:`app.context.Context` first and opens its own transaction. Functions that work inside somebody
else's transaction take a ``Session`` first. No request object comes in here.
"""
