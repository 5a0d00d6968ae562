"""Weeks of a made-up city under one way of choosing or another: the same people, the same needs, the same luck.

``city`` draws who lives where, ``tape`` what happens to all alike, ``people`` how they behave, ``town`` what has come of it so
far, ``choosers`` whom to ask, ``run`` one day after another, ``figures`` what it came to.
"""
